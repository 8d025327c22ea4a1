/**
 * Rules across branches that end the hopeless ones. Pure: decisions depend on nothing but what was
 * reported.
 */
@NullMarked
package io.espalier.coordinator.pruning;

import org.jspecify.annotations.NullMarked;
