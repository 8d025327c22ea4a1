package io.espalier.common.spec;

/**
 * What a trial leaves is its state at its best evaluation, not at its last.
 *
 * @param metric {@code <set>_<metric>}, measured at every epoch
 * @param mode which way it is better
 */
public record BestSpec(String metric, ObjectiveSpec.Mode mode) {}
