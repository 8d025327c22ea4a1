package io.espalier.worker.node;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which of its branches a lane gives to one that has none: those of the micro-batch that least is
 * left of, or every second where all have the same, for branches with equal ones waste nothing in a
 * pass. Pure.
 */
final class LaneShare {
  private LaneShare() {}

  /**
   * A branch of the lane that gives.
   *
   * @param tokensLeft which it still has to train on
   */
  record Part(int microBatch, double tokensLeft) {}

  /**
   * @return places in {@code its}; at least one and not all where there are two or more, else none
   */
  static List<Integer> of(List<Part> its) {
    Map<Integer, Double> left =
        its.stream()
            .collect(
                Collectors.groupingBy(
                    Part::microBatch, Collectors.summingDouble(Part::tokensLeft)));
    if (left.size() > 1) {
      int least = left.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
      return IntStream.range(0, its.size())
          .filter(place -> its.get(place).microBatch() == least)
          .boxed()
          .toList();
    }
    List<Integer> longestFirst =
        IntStream.range(0, its.size())
            .boxed()
            .sorted(Comparator.comparing(place -> -its.get(place).tokensLeft()))
            .toList();
    return IntStream.range(0, its.size())
        .filter(rank -> rank % 2 == 1)
        .mapToObj(longestFirst::get)
        .toList();
  }
}
