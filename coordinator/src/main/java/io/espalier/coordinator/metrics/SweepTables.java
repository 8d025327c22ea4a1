package io.espalier.coordinator.metrics;

import io.espalier.common.Numbers;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.metrics.ArrowTable.Column;
import io.espalier.coordinator.metrics.ArrowTable.Type;
import io.espalier.coordinator.report.SweepTable;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The trials and the events of a sweep as tables for other programs. Pure. */
final class SweepTables {
  private SweepTables() {}

  /** A line per event, oldest first. */
  static ArrowTable<SweepSource.Event> events() {
    return new ArrowTable<>(
        List.of(
            column("sequence", Type.INT64, SweepSource.Event::sequence),
            column("time", Type.TIME, SweepSource.Event::time),
            column("event", Type.TEXT, SweepSource.Event::name),
            new Column<>("trial", Type.INT32, event -> boxed(event.trial())),
            column("detail", Type.TEXT, SweepSource.Event::detail)));
  }

  /**
   * A line per trial: its number, the values of the search space by their keys, how it ended, what
   * it was measured by.
   */
  static ArrowTable<TrialView> trials(SweepView view) {
    var columns = new ArrayList<Column<TrialView>>();
    columns.add(column("trial", Type.INT32, trial -> trial.config().id().number()));
    keys(view).forEach(key -> columns.add(point(view, key)));
    columns.add(column("outcome", Type.TEXT, SweepTable::outcome));
    columns.add(column("reason", Type.TEXT, SweepTable::reason));
    columns.add(new Column<>("rank", Type.INT32, trial -> boxed(trial.rank())));
    columns.add(column("updates", Type.INT64, TrialView::updates));
    columns.add(ofResult("updates_done", Type.INT64, TrialResult::updates));
    columns.add(ofResult("epochs_done", Type.FLOAT64, TrialResult::epochs));
    columns.add(ofResult("tokens", Type.INT64, TrialResult::tokens));
    columns.add(ofResult("device_seconds", Type.FLOAT64, TrialResult::seconds));
    columns.add(
        new Column<>(
            "train_loss",
            Type.FLOAT64,
            trial -> trial.result().flatMap(result -> boxed(result.trainLoss()))));
    for (String metric : metrics(view)) {
      columns.add(
          new Column<>(
              metric,
              Type.FLOAT64,
              trial -> trial.result().map(TrialResult::metrics).map(values -> values.get(metric))));
    }
    columns.add(
        new Column<>("adapter", Type.TEXT, trial -> trial.result().flatMap(TrialResult::adapter)));
    return new ArrowTable<>(columns);
  }

  private static Set<String> keys(SweepView view) {
    var keys = new LinkedHashSet<String>();
    view.trials().forEach(trial -> keys.addAll(trial.config().point().keySet()));
    return keys;
  }

  private static Set<String> metrics(SweepView view) {
    var metrics = new TreeSet<String>();
    view.trials().stream()
        .flatMap(trial -> trial.result().stream())
        .map(TrialResult::metrics)
        .map(Map::keySet)
        .forEach(metrics::addAll);
    return metrics;
  }

  /** Numbers where every trial has one, else the values as they were written. */
  private static Column<TrialView> point(SweepView view, String key) {
    boolean numbers =
        view.trials().stream()
            .flatMap(trial -> text(trial, key).stream())
            .allMatch(Numbers::isNumber);
    return numbers
        ? new Column<>(key, Type.FLOAT64, trial -> text(trial, key).map(Double::valueOf))
        : new Column<>(key, Type.TEXT, trial -> text(trial, key));
  }

  private static Optional<String> text(TrialView trial, String key) {
    return Optional.ofNullable(trial.config().point().get(key));
  }

  private static <T> Column<T> column(String name, Type type, Function<T, Object> value) {
    return new Column<>(name, type, row -> Optional.of(value.apply(row)));
  }

  private static Column<TrialView> ofResult(
      String name, Type type, Function<TrialResult, Object> value) {
    return new Column<>(name, type, trial -> trial.result().map(value));
  }

  private static Optional<Integer> boxed(OptionalInt value) {
    return value.isPresent() ? Optional.of(value.getAsInt()) : Optional.empty();
  }

  private static Optional<Double> boxed(OptionalDouble value) {
    return value.isPresent() ? Optional.of(value.getAsDouble()) : Optional.empty();
  }
}
