package io.espalier.coordinator.metrics;

import io.espalier.common.trial.TrialId;
import java.util.List;
import java.util.Map;

/**
 * How an unfinished sweep stands, in numbers.
 *
 * @param state in one word
 * @param branches how many there are of each state: {@code waiting}, {@code leased}, {@code
 *     resting}
 * @param wantedSlots that it could use now
 * @param deviceSeconds that have gone into it
 * @param saved updates that were asked for and not trained, by what saved them
 * @param leaders its best trials, best first
 */
public record SweepStanding(
    String state,
    Map<String, Long> branches,
    long wantedSlots,
    double deviceSeconds,
    Map<String, Long> saved,
    List<Leader> leaders) {
  public SweepStanding {
    branches = Map.copyOf(branches);
    saved = Map.copyOf(saved);
    leaders = List.copyOf(leaders);
  }

  /** A trial and the value of its sweep's objective. */
  public record Leader(TrialId trial, double objective) {}
}
