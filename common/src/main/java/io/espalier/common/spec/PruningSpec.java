package io.espalier.common.spec;

/**
 * Determined's asynchronous successive halving, stopping variant.
 *
 * @param reductionFactor η ≥ 2
 * @param minResource epochs of the first rung, ≥ 1
 */
public record PruningSpec(int reductionFactor, int minResource) {}
