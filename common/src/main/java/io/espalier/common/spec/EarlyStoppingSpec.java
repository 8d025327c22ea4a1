package io.espalier.common.spec;

/**
 * Ends a trial whose metric has not improved on its best by more than {@code minDelta} in {@code
 * patience} evaluations in a row. A value that is not finite improves nothing.
 *
 * @param metric {@code <set>_<metric>}, measured at every epoch
 * @param mode which way it is better
 * @param patience evaluations, ≥ 1
 * @param minDelta ≥ 0
 */
public record EarlyStoppingSpec(
    String metric, ObjectiveSpec.Mode mode, int patience, double minDelta) {}
