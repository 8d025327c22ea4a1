package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads {@code evaluation} and what may share a pass. */
final class RuleSections {
  private RuleSections() {}

  static EvaluationSpec evaluation(SpecTree tree) {
    boolean everyEpoch = tree.text("evaluation.every").equals("epoch");
    boolean answersEveryEpoch = tree.text("evaluation.answers").equals("epoch");
    if (answersEveryEpoch && !everyEpoch) {
      tree.problem(
          "evaluation.answers",
          "epoch needs evaluation.every: epoch; expected end where that is off; switch one");
    }
    return new EvaluationSpec(
        everyEpoch,
        ValueType.Several.split(tree.text("evaluation.metrics")).stream()
            .map(name -> Metric.valueOf(name.toUpperCase(Locale.ROOT)))
            .collect(Collectors.toSet()),
        answersEveryEpoch,
        Math.toIntExact(tree.whole("evaluation.max_new_tokens")));
  }

  /** What is measured at every epoch, of the eval set first, the loss before all others. */
  static List<String> comparable(SpecTree tree, DatasetSpec dataset, EvaluationSpec evaluation) {
    var sets = new ArrayList<String>();
    // One that is written wrong is complained of once.
    boolean written = tree.node("dataset.eval").isPresent();
    if (written || !dataset.eval().isEmpty() || dataset.evalFraction().isPresent()) {
      sets.add("eval");
    }
    if (!dataset.retention().isEmpty()) {
      sets.add("retention");
    }
    return sets.stream()
        .flatMap(
            set ->
                evaluation.metrics().stream()
                    .filter(evaluation::atEveryEpoch)
                    .map(metric -> set + "_" + metric.word()))
        .toList();
  }

  /** The objective itself where it can be, else a loss of its own set, else what there is. */
  static String standard(List<String> comparable, String objective) {
    String set = objective.startsWith("retention_") ? "retention_" : "eval_";
    return Stream.of(objective, set + Metric.LOSS.word())
        .filter(comparable::contains)
        .findFirst()
        .orElse(comparable.isEmpty() ? objective : comparable.get(0));
  }

  static PassSpec passes(SpecTree tree) {
    return new PassSpec(
        unlessAuto(tree, "resources.slots"),
        unlessAuto(tree, "resources.micro_batch"),
        tree.flag("reproducible"));
  }

  static BudgetSpec budget(SpecTree tree) {
    return new BudgetSpec(
        Math.toIntExact(tree.whole("budget.max_trials")),
        tree.written("budget.max_device_hours").map(Double::valueOf).map(BudgetSpec::hours));
  }

  private static OptionalInt unlessAuto(SpecTree tree, String path) {
    String text = tree.text(path);
    return text.equals("auto") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
  }
}
