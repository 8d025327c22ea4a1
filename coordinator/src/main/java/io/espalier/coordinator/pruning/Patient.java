package io.espalier.coordinator.pruning;

import java.util.List;
import java.util.Optional;

/**
 * Optuna's patient rule by itself: a branch ends whose last patience + 1 reports are all worse than
 * the best before them, by more than a little.
 *
 * @param patience ≥ 0
 * @param minDelta ≥ 0
 */
record Patient(int patience, double minDelta) implements Rule {
  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    int split = own.reports().size() - patience - 1;
    if (split < 1) {
      return Optional.empty();
    }
    double before = own.costs().limit(split).min().orElseThrow();
    double after = own.costs().skip(split).min().orElseThrow();
    return before + minDelta < after
        ? Optional.of(
            new Cut(
                before + minDelta,
                own.costs().skip(split).boxed().toList(),
                "and %d before are worse than the best before them".formatted(patience)))
        : Optional.empty();
  }
}
