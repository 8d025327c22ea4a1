package io.espalier.coordinator.sweep;

/**
 * What people found of a trial.
 *
 * @param metric the name it gets: {@code human_pass_rate}
 * @param value finite
 * @param count how many judgements it is the mean of, ≥ 1
 */
public record Rating(String metric, double value, int count) {}
