package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.SearchSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The trials that differ in their seeds only.
 *
 * @param point what they have in common of the search; as they were given, but for the seed
 * @param trials by number, one at least
 */
public record Cell(Map<String, String> point, List<TrialView> trials) {
  public Cell {
    trials = List.copyOf(trials);
  }

  /**
   * A metric over the trials that were trained to their end.
   *
   * @param deviation the sample's standard deviation; absent with one value
   * @param count values
   */
  public record Spread(double mean, OptionalDouble deviation, int count) {
    static Spread of(double[] values) {
      double mean = Arrays.stream(values).average().orElse(Double.NaN);
      double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
      return new Spread(
          mean,
          values.length > 1
              ? OptionalDouble.of(Math.sqrt(squares / (values.length - 1)))
              : OptionalDouble.empty(),
          values.length);
    }

    /** {@code 0.3648 ± 0.012}. */
    public String text() {
      return Numbers.text(mean)
          + (deviation.isPresent() ? " ± " + Numbers.brief(deviation.getAsDouble()) : "");
    }
  }

  /** In the order of their first trials; without those that had other values before. */
  public static List<Cell> of(List<TrialView> trials) {
    var groups = new LinkedHashMap<Map<String, String>, List<TrialView>>();
    for (TrialView trial : trials) {
      if (trial.continues().isEmpty()) {
        groups.computeIfAbsent(point(trial), point -> new ArrayList<>()).add(trial);
      }
    }
    return groups.entrySet().stream()
        .map(group -> new Cell(group.getKey(), group.getValue()))
        .toList();
  }

  /** A trial's point without its seed. */
  static Map<String, String> point(TrialView trial) {
    var point = new LinkedHashMap<>(trial.config().point());
    point.remove(SearchSpec.SEED);
    return point;
  }

  /** Whether some trials are repeats of each other. */
  static boolean repeated(List<Cell> cells) {
    return cells.stream().anyMatch(cell -> cell.trials().size() > 1);
  }

  /** Absent where none of its trials has come to its end with it. */
  public Optional<Spread> spread(String metric) {
    double[] values =
        trials.stream()
            .filter(Cell::finished)
            .map(trial -> Ranking.value(metric, trial))
            .filter(OptionalDouble::isPresent)
            .mapToDouble(OptionalDouble::getAsDouble)
            .toArray();
    return values.length == 0 ? Optional.empty() : Optional.of(Spread.of(values));
  }

  /** Whether all its trials were trained to their end, and none breaks a constraint. */
  public boolean sound() {
    return trials.stream().allMatch(trial -> finished(trial) && trial.broken().isEmpty());
  }

  static boolean finished(TrialView trial) {
    return trial.result().filter(result -> result.outcome().finished()).isPresent();
  }

  /** Updates that its trials take, the longest. */
  public long updates() {
    return trials.stream().mapToLong(TrialView::updates).max().orElse(0);
  }

  /** Best first by the mean of the objective; those that are not sound come after. */
  public static List<Cell> bestFirst(ObjectiveSpec objective, List<Cell> cells) {
    return cells.stream()
        .sorted(
            Comparator.comparing((Cell cell) -> !cell.sound())
                .thenComparing(
                    cell -> cell.spread(objective.metric()).map(Spread::mean).orElse(Double.NaN),
                    objective.mode().bestFirst()))
        .toList();
  }
}
