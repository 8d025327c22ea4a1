package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads {@code evaluation}, {@code pruning} and {@code guard}. */
final class RuleSections {
  private RuleSections() {}

  static EvaluationSpec evaluation(SpecTree tree) {
    return new EvaluationSpec(
        tree.text("evaluation.every").equals("epoch"),
        ValueType.Several.split(tree.text("evaluation.metrics")).stream()
            .map(name -> Metric.valueOf(name.toUpperCase(Locale.ROOT)))
            .collect(Collectors.toSet()),
        Math.toIntExact(tree.whole("evaluation.max_new_tokens")));
  }

  static Optional<PruningSpec> pruning(
      SpecTree tree, DatasetSpec dataset, EvaluationSpec evaluation) {
    if (!tree.on("pruning")) {
      return Optional.empty();
    }
    boolean anySet = tree.node("dataset.eval").isPresent() || dataset.retention().isPresent();
    if (!anySet || !evaluation.everyEpoch() || !evaluation.metrics().contains(Metric.LOSS)) {
      tree.problem(
          "pruning",
          "has nothing to compare; expected a loss on an evaluation set at every epoch; set"
              + " dataset.eval, evaluation.every: epoch and loss in evaluation.metrics");
    }
    return Optional.of(
        new PruningSpec(
            Math.toIntExact(tree.whole("pruning.reduction_factor")),
            Math.toIntExact(tree.whole("pruning.min_resource"))));
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
            new GuardSpec.GradientNorm(tree.decimal("guard.gradient_norm.ceiling"))));
  }

  private static <T> Optional<T> rule(SpecTree tree, String path, T parameters) {
    return tree.on(path) ? Optional.of(parameters) : Optional.empty();
  }
}
