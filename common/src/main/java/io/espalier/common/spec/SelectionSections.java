package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.List;
import java.util.Optional;

/** Reads {@code early_stopping} and {@code objective.at}: which of its states a trial leaves. */
record SelectionSections(
    SpecTree tree, DatasetSpec dataset, EvaluationSpec evaluation, ObjectiveSpec objective) {
  private static final String STOPPING = "early_stopping";
  private static final String AT = "objective.at";

  Optional<EarlyStoppingSpec> earlyStopping() {
    if (!tree.on(STOPPING)) {
      return Optional.empty();
    }
    List<String> comparable = comparable();
    String metric =
        tree.written(STOPPING + ".metric")
            .orElseGet(() -> RuleSections.standard(comparable, objective.metric()));
    if (!comparable.contains(metric)) {
      tree.problem(
          tree.written(STOPPING + ".metric").map(m -> STOPPING + ".metric").orElse(STOPPING),
          notMeasured(metric, comparable));
    }
    return Optional.of(
        new EarlyStoppingSpec(
            metric,
            mode(metric),
            Math.toIntExact(tree.whole(STOPPING + ".patience")),
            tree.decimal(STOPPING + ".min_delta")));
  }

  /** Complains of guards that nothing would be measured for. */
  void checkGuards() {
    List<String> comparable = comparable();
    if (tree.on("guard.overfit") && !comparable.contains("eval_loss")) {
      tree.problem("guard.overfit", "goes by eval_loss; " + notMeasured("eval_loss", comparable));
    }
    boolean answers =
        comparable.stream()
            .anyMatch(name -> GuardSpec.Looping.METRICS.stream().anyMatch(name::endsWith));
    if (tree.on("guard.looping") && !answers) {
      tree.problem(
          "guard.looping",
          "goes by answers; expected repetition, loop_rate or copied_rate in evaluation.metrics and"
              + " evaluation.answers: epoch; set them");
    }
  }

  /** Asked for, or by default where training goes on past the best. */
  Optional<BestSpec> best() {
    List<String> comparable = comparable();
    String metric = objective.metric();
    boolean asked = tree.written(AT).filter("best"::equals).isPresent();
    boolean endsPastBest =
        tree.on(STOPPING) || tree.on("guard.overfit") || tree.on("guard.looping");
    boolean byDefault = tree.written(AT).isEmpty() && endsPastBest;
    if (asked && !comparable.contains(metric)) {
      tree.problem(AT, "best needs a metric of every epoch; " + notMeasured(metric, comparable));
    }
    return asked || (byDefault && comparable.contains(metric))
        ? Optional.of(new BestSpec(metric, mode(metric)))
        : Optional.empty();
  }

  private List<String> comparable() {
    return RuleSections.comparable(tree, dataset, evaluation);
  }

  private Mode mode(String metric) {
    return metric.equals(objective.metric())
        ? objective.mode()
        : Metric.ofSet(metric).map(Metric::better).orElse(Mode.MIN);
  }

  private static String notMeasured(String metric, List<String> comparable) {
    return comparable.isEmpty()
        ? "nothing is measured at every epoch; expected a metric of an evaluation set; set dataset.eval and evaluation.every: epoch"
        : "%s is not measured at every epoch; expected one of %s; evaluation.metrics and evaluation.answers: epoch add more"
            .formatted(Problems.quote(metric), String.join(", ", comparable));
  }
}
