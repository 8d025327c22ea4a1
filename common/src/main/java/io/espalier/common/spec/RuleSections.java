package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads {@code evaluation}, {@code guard} and what may share a pass. */
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

  static GuardSpec guard(SpecTree tree) {
    return new GuardSpec(
        tree.on("guard.non_finite"),
        rule(
            tree,
            "guard.loss_spike",
            new GuardSpec.LossSpike(
                tree.decimal("guard.loss_spike.factor"),
                Math.toIntExact(tree.whole("guard.loss_spike.window")),
                Math.toIntExact(tree.whole("guard.loss_spike.patience")))),
        rule(
            tree,
            "guard.collapse",
            new GuardSpec.Collapse(
                tree.decimal("guard.collapse.loss_factor"),
                tree.decimal("guard.collapse.norm_factor"),
                Math.toIntExact(tree.whole("guard.collapse.window")))),
        rule(
            tree,
            "guard.gradient_norm",
            new GuardSpec.GradientNorm(
                tree.decimal("guard.gradient_norm.ceiling"),
                tree.text("guard.gradient_norm.action").equals("reduce_lr")
                    ? OptionalDouble.of(tree.decimal("guard.gradient_norm.factor"))
                    : OptionalDouble.empty())));
  }

  static PassSpec passes(SpecTree tree) {
    return new PassSpec(
        unlessAuto(tree, "resources.slots"),
        unlessAuto(tree, "resources.micro_batch"),
        tree.flag("reproducible"));
  }

  private static OptionalInt unlessAuto(SpecTree tree, String path) {
    String text = tree.text(path);
    return text.equals("auto") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
  }

  private static <T> Optional<T> rule(SpecTree tree, String path, T parameters) {
    return tree.on(path) ? Optional.of(parameters) : Optional.empty();
  }
}
