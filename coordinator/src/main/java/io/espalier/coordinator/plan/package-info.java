/**
 * What a sweep will do before it does it: updates, branches, cells that are the same training.
 * Pure.
 */
@NullMarked
package io.espalier.coordinator.plan;

import org.jspecify.annotations.NullMarked;
