package io.espalier.worker.train;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Which checkpoints of a trial stay: the last ones, of which the oldest gives way to the best.
 * Pure.
 *
 * @param kept how many stay, ≥ 1; a single one is the last
 * @param mode which way a value is better; absent where there are none
 */
record CheckpointLimit(int kept, Optional<Mode> mode) {

  /**
   * A checkpoint.
   *
   * @param value of the evaluation at its update; absent where there was none: then it is never the
   *     best
   */
  record Saved(long update, OptionalDouble value) {}

  /**
   * Those that go.
   *
   * @param saved by ascending update
   */
  List<Saved> surplus(List<Saved> saved) {
    if (saved.size() <= kept) {
      return List.of();
    }
    var staying = new ArrayList<>(saved.subList(saved.size() - kept, saved.size()));
    best(saved)
        .filter(best -> kept > 1 && !staying.contains(best))
        .ifPresent(best -> staying.set(0, best));
    return saved.stream().filter(one -> !staying.contains(one)).toList();
  }

  /** Of equally good ones the first. */
  private Optional<Saved> best(List<Saved> saved) {
    return mode.flatMap(
        better ->
            saved.stream()
                .filter(one -> one.value().isPresent())
                .min(Comparator.comparing(one -> one.value().getAsDouble(), better.bestFirst())));
  }
}
