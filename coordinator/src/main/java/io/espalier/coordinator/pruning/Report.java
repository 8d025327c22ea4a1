package io.espalier.coordinator.pruning;

/**
 * What a branch told of the pruner's metric at one point of its training.
 *
 * @param resource how far it was, in the pruner's unit
 * @param value as it was told; may be NaN or infinite
 * @param cost {@link Cost} of it
 */
record Report(double resource, double value, double cost) {}
