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

  private record Begun(Attempt attempt, long update) {}

  /**
   * For each branch the rows of its attempts, each up to where a later one goes on from a
   * checkpoint before it; by branch, update and sequence, each once. What an attempt did beyond
   * that is done again, and may end earlier.
   */
  static Stream<MetricRow> of(List<MetricRow> rows) {
    Map<BranchId, Map<Attempt, Long>> first = new HashMap<>();
    for (MetricRow row : rows) {
      first
          .computeIfAbsent(row.branch(), branch -> new HashMap<>())
          .merge(row.attempt(), row.update(), Math::min);
    }
    Map<BranchId, List<Begun>> begun = new HashMap<>();
    first.forEach(
        (branch, attempts) ->
            begun.put(
                branch,
                attempts.entrySet().stream()
                    .map(attempt -> new Begun(attempt.getKey(), attempt.getValue()))
                    .toList()));
    List<MetricRow> counted =
        rows.stream()
            .filter(
                row ->
                    begun.getOrDefault(row.branch(), List.of()).stream()
                        .noneMatch(b -> replaces(b, row)))
            .sorted(ORDER)
            .toList();
    return IntStream.range(0, counted.size())
        .filter(i -> i == 0 || ORDER.compare(counted.get(i - 1), counted.get(i)) != 0)
        .mapToObj(counted::get);
  }

  private static boolean replaces(Begun later, MetricRow row) {
    return later.attempt().compareTo(row.attempt()) > 0 && later.update() <= row.update();
  }
}
