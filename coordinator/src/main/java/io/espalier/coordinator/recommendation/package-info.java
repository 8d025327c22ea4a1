/**
 * What to make of a sweep that has ended: how far its answer can be trusted, what mattered, and
 * what to try next. Pure; reads views of sweeps. Start with {@link
 * io.espalier.coordinator.recommendation.Recommendation}.
 */
@NullMarked
package io.espalier.coordinator.recommendation;

import org.jspecify.annotations.NullMarked;
