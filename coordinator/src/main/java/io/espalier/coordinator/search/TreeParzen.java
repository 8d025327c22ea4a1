package io.espalier.coordinator.search;

import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The tree-structured Parzen estimator (Bergstra et al. 2011), multivariate (Falkner et al. 2018):
 * a density of the points that came out well and one of the others, each a mixture of a kernel at
 * every point and the whole space; proposed is the most promising of some draws from the first.
 * Points that are still trained count among the others, so that those proposed beside them lie
 * elsewhere (constant liar). Pure.
 *
 * @param good places of the best points
 * @param others places of all others
 */
record TreeParzen(SearchSpec search, List<double[]> good, List<double[]> others) {
  /** Best points that make the first density: a tenth, as in Optuna, and at most so many. */
  private static final double GOOD_SHARE = 0.1;

  private static final int MOST_GOOD = 25;
  private static final int DRAWS = 24;

  /** Width of a kernel with one point in one dimension, as a share of the axis (Optuna's). */
  private static final double WIDTH = 0.2;

  private static final double LEAST_WIDTH = 0.01;

  /**
   * @param bestFirst points whose trainings have ended
   * @param running points that are still trained
   */
  static TreeParzen of(
      SearchSpec search, List<Map<String, String>> bestFirst, List<Map<String, String>> running) {
    int good = Math.min(MOST_GOOD, (int) Math.ceil(GOOD_SHARE * bestFirst.size()));
    return new TreeParzen(
        search,
        bestFirst.subList(0, good).stream().map(point -> place(search, point)).toList(),
        Stream.concat(bestFirst.subList(good, bestFirst.size()).stream(), running.stream())
            .map(point -> place(search, point))
            .toList());
  }

  /** A number in [0, 1] for each key; NaN where the point has none. */
  private static double[] place(SearchSpec search, Map<String, String> point) {
    return search.space().entrySet().stream()
        .mapToDouble(
            key ->
                point.containsKey(key.getKey())
                    ? Draws.unit(key.getValue(), point.getOrDefault(key.getKey(), ""))
                    : Double.NaN)
        .toArray();
  }

  /** A point that is not known to be bad. */
  Map<String, String> propose(SplittableRandom random) {
    double[] best =
        IntStream.range(0, DRAWS)
            .mapToObj(draw -> draw(random))
            .max(Comparator.comparingDouble(this::promise))
            .orElseThrow();
    var units = new LinkedHashMap<String, Double>();
    int at = 0;
    for (String key : search.space().keySet()) {
      units.put(key, best[at++]);
    }
    return Draws.point(search, key -> units.getOrDefault(key, 0.0));
  }

  private double promise(double[] place) {
    return logDensity(good, place) - logDensity(others, place);
  }

  /** From the density of the good points. */
  private double[] draw(SplittableRandom random) {
    int kernel = random.nextInt(good.size() + 1);
    double width = width(good.size());
    List<Candidates> axes = List.copyOf(search.space().values());
    return IntStream.range(0, axes.size())
        .mapToDouble(
            axis -> {
              double centre = kernel < good.size() ? good.get(kernel)[axis] : Double.NaN;
              if (Double.isNaN(centre)) {
                return random.nextDouble();
              }
              return axes.get(axis) instanceof Candidates.Values listed
                  ? category(random, centre, listed.values().size(), good.size())
                  : within(random, centre, width);
            })
        .toArray();
  }

  private static double within(SplittableRandom random, double centre, double width) {
    double drawn;
    do {
      drawn = centre + width * random.nextGaussian();
    } while (drawn < 0 || drawn >= 1);
    return drawn;
  }

  private static double category(SplittableRandom random, double centre, int count, int points) {
    return random.nextDouble() < own(count, points)
        ? centre
        : (random.nextInt(count) + 0.5) / count;
  }

  /** Weight of a kernel's own category; the rest is spread over all. */
  private static double own(int count, int points) {
    double each = 1.0 / (points + 1);
    return 1 / (1 + count * each);
  }

  private double width(int points) {
    int axes = search.space().size();
    return Math.max(LEAST_WIDTH, WIDTH * Math.pow(Math.max(1, points), -1.0 / (axes + 4)));
  }

  /** Of a mixture of equal weights. */
  private double logDensity(List<double[]> points, double[] place) {
    var kernels = new ArrayList<Double>();
    kernels.add(0.0);
    for (double[] centre : points) {
      kernels.add(logKernel(points.size(), centre, place));
    }
    double most = kernels.stream().mapToDouble(x -> x).max().orElseThrow();
    double sum = kernels.stream().mapToDouble(kernel -> Math.exp(kernel - most)).sum();
    return most + Math.log(sum / kernels.size());
  }

  private double logKernel(int points, double[] centre, double[] place) {
    double width = width(points);
    double log = 0;
    int axis = 0;
    for (Candidates candidates : search.space().values()) {
      double at = centre[axis];
      if (!Double.isNaN(at)) {
        if (candidates instanceof Candidates.Values listed) {
          int count = listed.values().size();
          double own = own(count, points);
          boolean same = (int) (at * count) == (int) (place[axis] * count);
          log += Math.log(count * ((same ? own : 0) + (1 - own) / count));
        } else {
          double off = (place[axis] - at) / width;
          log += -0.5 * off * off - Math.log(width * Math.sqrt(2 * Math.PI));
        }
      }
      axis++;
    }
    return log;
  }
}
