package io.espalier.coordinator.rangetest;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What a range test shows of one batch size.
 *
 * @param steps by ascending rate, up to the first loss that is not finite
 * @param smooth the loss at each of them, averaged over its neighbours
 * @param steepest rate at which it falls fastest; absent where it hardly falls
 * @param lowest rate at which it is lowest; absent with {@code steepest}
 * @param apart rate from which half of what it fell is lost again, or it is not finite; absent
 *     where that is nowhere
 */
public record RateRange(
    List<Step> steps,
    List<Double> smooth,
    OptionalDouble steepest,
    OptionalDouble lowest,
    OptionalDouble apart) {
  /** Neighbours on each side that a loss is averaged with, as a share of all. */
  private static final double AROUND = 0.05;

  /** A smaller fall from the first loss is none. */
  private static final double FALL = 0.02;

  private static final MathContext DIGITS = new MathContext(2);

  public RateRange {
    steps = List.copyOf(steps);
    smooth = List.copyOf(smooth);
  }

  /** An update. */
  public record Step(double rate, double loss) {}

  static RateRange of(List<Step> all) {
    List<Step> steps = all.stream().takeWhile(step -> Double.isFinite(step.loss())).toList();
    int around = Math.max(1, (int) Math.round(AROUND * all.size()));
    List<Double> smooth =
        IntStream.range(0, steps.size())
            .mapToObj(at -> mean(steps, at - around, at + around))
            .toList();
    OptionalDouble broken =
        steps.size() < all.size()
            ? OptionalDouble.of(all.get(steps.size()).rate())
            : OptionalDouble.empty();
    if (steps.size() <= 4 * around) {
      return new RateRange(steps, smooth, OptionalDouble.empty(), OptionalDouble.empty(), broken);
    }
    double first =
        smooth.subList(0, 2 * around).stream().mapToDouble(x -> x).average().orElseThrow();
    int lowest =
        IntStream.range(0, smooth.size())
            .reduce((one, other) -> smooth.get(other) < smooth.get(one) ? other : one)
            .orElseThrow();
    double limit = (first + smooth.get(lowest)) / 2;
    OptionalDouble back =
        IntStream.range(lowest, steps.size())
            .filter(at -> smooth.get(at) > limit)
            .mapToDouble(at -> steps.get(at).rate())
            .findFirst();
    OptionalDouble apart = back.isPresent() ? back : broken;
    if (smooth.get(lowest) > (1 - FALL) * first) {
      return new RateRange(steps, smooth, OptionalDouble.empty(), OptionalDouble.empty(), apart);
    }
    int steepest =
        IntStream.rangeClosed(around, Math.max(around, lowest))
            .reduce(
                (one, other) ->
                    slope(smooth, other, 2 * around) < slope(smooth, one, 2 * around) ? other : one)
            .orElseThrow();
    return new RateRange(
        steps,
        smooth,
        OptionalDouble.of(steps.get(steepest).rate()),
        OptionalDouble.of(steps.get(lowest).rate()),
        apart);
  }

  private static double mean(List<Step> steps, int from, int to) {
    return steps.subList(Math.max(0, from), Math.min(steps.size(), to + 1)).stream()
        .mapToDouble(Step::loss)
        .average()
        .orElseThrow();
  }

  /**
   * Of the least-squares line through the values around a place; steps are even in the logarithm.
   */
  private static double slope(List<Double> values, int at, int around) {
    int from = Math.max(0, at - around);
    int to = Math.min(values.size() - 1, at + around);
    double middle = (from + to) / 2.0;
    double above = 0;
    double below = 0;
    for (int i = from; i <= to; i++) {
      above += (i - middle) * values.get(i);
      below += (i - middle) * (i - middle);
    }
    return above / below;
  }

  /**
   * Rates to search: where the loss falls fastest, a third of that and three times it, as far as
   * they are below where it comes apart; each in two digits.
   */
  public List<Double> grid() {
    return steepest.stream()
        .flatMap(rate -> DoubleStream.of(rate / 3, rate, rate * 3))
        .filter(rate -> rate < apart.orElse(Double.POSITIVE_INFINITY) / 2)
        .mapToObj(RateRange::rounded)
        .toList();
  }

  private static double rounded(double rate) {
    return new BigDecimal(rate).round(DIGITS).doubleValue();
  }

  /** Of several batch sizes: from the lowest rate of their grids to the highest, evenly. */
  public static List<Double> grid(List<RateRange> ranges) {
    var all = new ArrayList<Double>();
    ranges.forEach(range -> all.addAll(range.grid()));
    if (all.isEmpty()) {
      return List.of();
    }
    double low = all.stream().mapToDouble(x -> x).min().orElseThrow();
    double high = all.stream().mapToDouble(x -> x).max().orElseThrow();
    int count = Math.max(1, (int) Math.round(Math.log(high / low) / Math.log(3)) + 1);
    return IntStream.range(0, count)
        .mapToObj(at -> count == 1 ? low : low * Math.pow(high / low, at / (count - 1.0)))
        .map(RateRange::rounded)
        .toList();
  }
}
