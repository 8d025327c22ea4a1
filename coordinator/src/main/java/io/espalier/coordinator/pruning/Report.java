package io.espalier.coordinator.pruning;

import io.espalier.common.spec.ObjectiveSpec.Mode;

/**
 * What a branch told of the pruner's metric at one point of its training.
 *
 * @param resource how far it was, in the pruner's unit
 * @param value as it was told; may be NaN or infinite
 * @param cost the same with less being better, whatever the metric; what is not finite is infinite,
 *     and so worse than all that is, and equal to all that is not
 */
record Report(double resource, double value, double cost) {
  static Report of(double resource, double value, Mode mode) {
    double finite = mode == Mode.MIN ? value : -value;
    return new Report(resource, value, Double.isFinite(value) ? finite : Double.POSITIVE_INFINITY);
  }
}
