package io.espalier.coordinator.recommendation;

import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A trial that takes less training than the best and that the rows it is measured on do not tell
 * from it: the objective of both, over the same draws of these rows, differs by less than two
 * standard deviations of the difference.
 *
 * @param cheaper takes the fewest updates of all such
 * @param updates it takes
 * @param instead those of the best
 */
public record RowNoise(String metric, TrialId cheaper, long updates, long instead) {
  /** Standard deviations of a difference that may well be chance. */
  private static final double CHANCE = 2;

  static Optional<RowNoise> of(SweepView view, TrialView best) {
    String metric = view.objective().metric();
    return view.trials().stream()
        .filter(trial -> trial.rank().isPresent() && trial.broken().isEmpty())
        .filter(trial -> trial.updates() < best.updates())
        .filter(trial -> byChance(trial, best, metric))
        .min(
            Comparator.comparingLong(TrialView::updates)
                .thenComparing(trial -> trial.rank().orElseThrow()))
        .map(trial -> new RowNoise(metric, trial.config().id(), trial.updates(), best.updates()));
  }

  private static boolean byChance(TrialView one, TrialView other, String metric) {
    List<Double> mine = resampled(one);
    List<Double> theirs = resampled(other);
    if (mine.size() < 2 || theirs.size() != mine.size()) {
      return false;
    }
    double[] differences =
        IntStream.range(0, mine.size()).mapToDouble(i -> mine.get(i) - theirs.get(i)).toArray();
    double mean = DoubleStream.of(differences).average().orElseThrow();
    double squares = DoubleStream.of(differences).map(d -> (d - mean) * (d - mean)).sum();
    double difference =
        Ranking.value(metric, one).orElseThrow() - Ranking.value(metric, other).orElseThrow();
    return Math.abs(difference) <= CHANCE * Math.sqrt(squares / (differences.length - 1));
  }

  private static List<Double> resampled(TrialView trial) {
    return trial.result().map(TrialResult::resampled).orElse(List.of());
  }

  String line() {
    return "By %s its rows do not tell it from trial %s, which takes %,d updates instead of %,d."
        .formatted(metric, cheaper, updates, instead);
  }
}
