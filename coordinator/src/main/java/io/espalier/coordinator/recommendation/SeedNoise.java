package io.espalier.coordinator.recommendation;

import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.report.Cell;
import io.espalier.coordinator.report.Cell.Spread;
import io.espalier.coordinator.report.SweepView;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What repeats say of the best: which cell has the best mean, and which cheaper one the seeds do
 * not tell apart from it.
 *
 * @param metric the objective's
 * @param best by the mean of the objective
 * @param value its objective
 * @param cheaper takes fewer updates, the fewest of all whose mean differs by less than two
 *     standard errors
 */
public record SeedNoise(
    String metric, Map<String, String> best, Spread value, Optional<Map<String, String>> cheaper) {
  /** Standard errors of a difference that may well be chance. */
  private static final double CHANCE = 2;

  /** Empty without repeats. */
  static Optional<SeedNoise> of(SweepView view) {
    String metric = view.objective().metric();
    List<Cell> sound =
        Cell.bestFirst(view.objective(), Cell.of(view.trials())).stream()
            .filter(Cell::sound)
            .filter(
                cell ->
                    cell.spread(metric)
                        .filter(spread -> spread.deviation().isPresent())
                        .isPresent())
            .toList();
    if (sound.isEmpty()) {
      return Optional.empty();
    }
    Cell best = sound.get(0);
    Spread value = best.spread(metric).orElseThrow();
    return Optional.of(
        new SeedNoise(
            metric,
            best.point(),
            value,
            sound.stream()
                .filter(cell -> cell.updates() < best.updates())
                .filter(cell -> byChance(value, cell.spread(metric).orElseThrow()))
                .min(Comparator.comparingLong(Cell::updates))
                .map(Cell::point)));
  }

  /** By the standard error of the difference of two means (Welch). */
  private static boolean byChance(Spread one, Spread other) {
    return Math.abs(one.mean() - other.mean())
        <= CHANCE * Math.sqrt(variance(one) + variance(other));
  }

  private static double variance(Spread spread) {
    double deviation = spread.deviation().orElseThrow();
    return deviation * deviation / spread.count();
  }

  List<String> lines() {
    String mean =
        "By the mean of %d seeds the best is %s: %s %s."
            .formatted(value.count(), TrialConfig.text(best), metric, value.text());
    return cheaper
        .map(
            point ->
                List.of(
                    mean,
                    "The seeds do not tell it from %s, which takes less training."
                        .formatted(TrialConfig.text(point))))
        .orElse(List.of(mean));
  }
}
