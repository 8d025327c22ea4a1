package io.espalier.coordinator.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A sweep as the console shows it, small enough to be sent whenever it changes: its trials go
 * {@link #trials apart}, each when it changes. Pure.
 *
 * @param facts sentences on the data, the base model and what was saved
 * @param metric of the objective
 * @param constraints of the objective, as written
 * @param outcomes how many trials there are of each outcome
 * @param keys of the search space
 * @param metrics those that a table of the trials shows, in order
 * @param lower those of them of which less is better
 */
public record Board(
    SweepId id,
    SweepView.State state,
    boolean ended,
    Optional<String> problem,
    Instant submitted,
    String times,
    List<String> facts,
    List<String> warnings,
    String metric,
    Mode mode,
    List<String> constraints,
    Map<String, Integer> outcomes,
    List<String> keys,
    List<String> metrics,
    List<String> lower) {

  /**
   * A trial on the board.
   *
   * @param trial its number
   * @param point its values of the search space
   * @param outcome how it ended, or {@code running}, {@code resting} or {@code waiting}
   * @param updates how many it takes in all
   * @param done how many were applied, once it has ended
   * @param metrics what it ended with, of those the board shows
   * @param reason why it ended early, or what constraint it breaks
   * @param broken constraints of the objective that it does not meet
   * @param fork where its branch leaves another
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Row(
      int trial,
      Map<String, String> point,
      String outcome,
      long updates,
      Optional<Long> done,
      OptionalInt rank,
      Map<String, Double> metrics,
      String reason,
      List<String> broken,
      int branch,
      Optional<String> worker,
      Optional<Branch.Fork> fork) {}

  public static Board of(SweepView view) {
    Header header = Header.of(view);
    Set<String> keys = new LinkedHashSet<>();
    view.trials().forEach(trial -> keys.addAll(trial.config().point().keySet()));
    ObjectiveSpec objective = view.objective();
    List<String> metrics = MetricNames.main(view);
    return new Board(
        view.id(),
        view.state(),
        view.state().ended(),
        view.problem(),
        view.submitted(),
        header.times(),
        Stream.of(header.data(), header.base(), header.savings())
            .filter(line -> !line.isEmpty())
            .toList(),
        view.warnings(),
        objective.metric(),
        objective.mode(),
        objective.constraints().stream().map(c -> c.metric() + " " + c.text()).toList(),
        header.outcomes(),
        List.copyOf(keys),
        metrics,
        metrics.stream().filter(metric -> mode(objective, metric) == Mode.MIN).toList());
  }

  private static Mode mode(ObjectiveSpec objective, String metric) {
    return metric.equals(objective.metric()) ? objective.mode() : MetricNames.mode(metric);
  }

  /** A row for each trial, by number. */
  public static List<Row> trials(SweepView view) {
    List<String> metrics = MetricNames.main(view);
    var rows = new ArrayList<Row>();
    view.trials().forEach(trial -> rows.add(row(trial, metrics)));
    return rows;
  }

  static Row row(TrialView trial, List<String> metrics) {
    var values = new LinkedHashMap<String, Double>();
    for (String metric : metrics) {
      OptionalDouble value = Ranking.value(metric, trial);
      if (value.isPresent()) {
        values.put(metric, value.getAsDouble());
      }
    }
    return new Row(
        trial.config().id().number(),
        trial.config().point(),
        SweepTable.outcome(trial),
        trial.updates(),
        trial.result().map(result -> result.updates()),
        trial.rank(),
        values,
        SweepTable.reason(trial),
        trial.broken(),
        trial.branch().number(),
        trial.worker().map(worker -> worker.value()),
        trial.fork());
  }
}
