/**
 * The learning-rate range test (Smith 2017, arXiv 1506.01186): a short training whose learning rate
 * grows by the same factor at every update shows where the loss falls fastest and where it comes
 * apart. Pure. Start with {@link io.espalier.coordinator.rangetest.RangeTest}.
 */
@NullMarked
package io.espalier.coordinator.rangetest;

import org.jspecify.annotations.NullMarked;
