package io.espalier.common.spec;

/**
 * Determined's asynchronous successive halving, stopping variant.
 *
 * @param metric {@code <set>_<metric>}, measured at every epoch
 * @param mode which way it is better
 * @param reductionFactor η ≥ 2
 * @param minResource epochs of the first rung, ≥ 1
 */
public record PruningSpec(
    String metric, ObjectiveSpec.Mode mode, int reductionFactor, int minResource) {}
