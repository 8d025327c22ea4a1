package io.espalier.worker.node;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Which of the branches that wait a lane takes next, by their micro-batches. Branches with equal
 * ones waste nothing in a pass, and larger ones make better use of it, so a lane keeps to the kind
 * it trains and leaves to other lanes what they train. Pure.
 */
final class LaneChoice {
  private LaneChoice() {}

  /**
   * @param waiting micro-batches of those that wait, in their order
   * @param its of what the lane trains, in the order it came
   * @param elsewhere of what other lanes train
   * @return a place in {@code waiting}; empty when all are better left to other lanes
   */
  static OptionalInt of(List<Integer> waiting, List<Integer> its, Set<Integer> elsewhere) {
    IntPredicate fresh = place -> !elsewhere.contains(waiting.get(place));
    if (its.isEmpty()) {
      OptionalInt found = first(waiting, fresh);
      return found.isPresent() ? found : first(waiting, place -> true);
    }
    OptionalInt alike = first(waiting, place -> waiting.get(place).equals(its.get(0)));
    return alike.isPresent() ? alike : first(waiting, fresh);
  }

  private static OptionalInt first(List<Integer> waiting, IntPredicate good) {
    return IntStream.range(0, waiting.size()).filter(good).findFirst();
  }
}
