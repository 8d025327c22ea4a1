package io.espalier.coordinator.report;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.trial.TrialResult;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which metrics a report shows, in which order, and how their names read. */
final class MetricNames {
  static final String TRAIN_LOSS = "train_loss";

  /** What the literature's tables show. */
  private static final List<String> MAIN =
      List.of(
          TRAIN_LOSS,
          "eval_loss",
          "eval_accuracy",
          "eval_repetition",
          "retention_accuracy",
          "human_pass_rate");

  private static final List<String> SETS = List.of("train", "eval", "retention");
  private static final List<String> METRICS =
      Arrays.stream(Metric.values()).map(Metric::word).toList();

  private static final Comparator<String> ORDER =
      Comparator.<String>comparingInt(name -> place(SETS, set(name)))
          .thenComparingInt(name -> place(METRICS, name.substring(set(name).length()).strip()))
          .thenComparing(Comparator.naturalOrder());

  private MetricNames() {}

  static String label(String metric) {
    return metric.replace('_', ' ');
  }

  static List<String> inOrder(Collection<String> metrics) {
    return metrics.stream().sorted(ORDER).toList();
  }

  /** Whether less or more of it is better. */
  static Mode mode(String metric) {
    return Metric.ofSet(metric)
        .map(Metric::better)
        .orElse(metric.equals(TRAIN_LOSS) ? Mode.MIN : Mode.MAX);
  }

  /** Of the main ones those measured, then all that decide the order of the trials. */
  static List<String> main(SweepView view) {
    Set<String> measured = measured(view);
    var main = new LinkedHashSet<>(MAIN);
    main.retainAll(measured);
    main.add(view.objective().metric());
    view.objective().constraints().forEach(constraint -> main.add(constraint.metric()));
    return List.copyOf(main);
  }

  /** Every metric that some trial ended with. */
  static Set<String> measured(SweepView view) {
    var measured = new TreeSet<String>();
    for (TrialView trial : view.trials()) {
      trial
          .result()
          .map(TrialResult::metrics)
          .ifPresent(final_ -> measured.addAll(final_.keySet()));
      if (Ranking.value(TRAIN_LOSS, trial).isPresent()) {
        measured.add(TRAIN_LOSS);
      }
    }
    return measured;
  }

  private static String set(String name) {
    return SETS.stream().filter(set -> name.startsWith(set + "_")).findFirst().orElse("");
  }

  private static int place(List<String> list, String word) {
    int index = list.indexOf(word.startsWith("_") ? word.substring(1) : word);
    return index < 0 ? list.size() : index;
  }
}
