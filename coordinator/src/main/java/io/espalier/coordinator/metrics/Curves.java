package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the rows of a sweep say after branches were leased more than once. */
final class Curves {
  private static final Comparator<MetricRow> ORDER =
      Comparator.comparing(MetricRow::branch)
          .thenComparingLong(MetricRow::update)
          .thenComparingLong(MetricRow::sequence);

  private Curves() {}

  private record Point(BranchId branch, long update) {}

  /**
   * For each update of a branch the rows of its highest attempt, each once; by branch, update and
   * sequence.
   */
  static Stream<MetricRow> of(List<MetricRow> rows) {
    Map<Point, Attempt> highest = new HashMap<>();
    for (MetricRow row : rows) {
      highest.merge(
          new Point(row.branch(), row.update()),
          row.attempt(),
          (one, other) -> one.compareTo(other) >= 0 ? one : other);
    }
    List<MetricRow> counted =
        rows.stream()
            .filter(row -> row.attempt().equals(highest.get(new Point(row.branch(), row.update()))))
            .sorted(ORDER)
            .toList();
    return IntStream.range(0, counted.size())
        .filter(i -> i == 0 || ORDER.compare(counted.get(i - 1), counted.get(i)) != 0)
        .mapToObj(counted::get);
  }
}
