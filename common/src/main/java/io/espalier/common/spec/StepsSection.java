package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads {@code eval_steps} and its like: keys of {@code training} that hold for all trials. */
record StepsSection(
    SpecTree tree,
    DatasetSpec dataset,
    EvaluationSpec evaluation,
    ObjectiveSpec objective,
    Optional<PruningSpec> pruning) {
  private static final String EVALUATE = "eval_steps";
  private static final String SAVE = "save_steps";
  private static final String LIMIT = "save_total_limit";
  private static final String LOG = "logging_steps";

  /** Names of the keys: no hyperparameters, for a trial's numbers do not depend on them. */
  static final Set<String> KEYS = Set.of(EVALUATE, SAVE, LIMIT, LOG);

  StepsSpec read() {
    List<String> comparable = RuleSections.comparable(tree, dataset, evaluation);
    OptionalInt evaluate = updates(EVALUATE);
    if (evaluate.isPresent() && comparable.isEmpty()) {
      tree.problem(
          path(EVALUATE),
          "has nothing to evaluate; expected a set and metrics that are measured before a trial's"
              + " end; set dataset.eval and evaluation.every: epoch");
    }
    OptionalInt save = updates(SAVE);
    if (save.isEmpty() && tree.node(path(LIMIT)).isPresent()) {
      tree.problem(
          path(LIMIT), "limits nothing; expected training.save_steps beside it; set that too");
    }
    int kept = Math.toIntExact(tree.whole(path(LIMIT)));
    OptionalInt log = OptionalInt.of(Math.toIntExact(tree.whole(path(LOG))));
    return new StepsSpec(evaluate, pruning.isPresent(), save, kept, ranking(comparable), log);
  }

  private Optional<BestSpec> ranking(List<String> comparable) {
    if (comparable.isEmpty()) {
      return Optional.empty();
    }
    String metric = RuleSections.standard(comparable, objective.metric());
    Mode mode =
        metric.equals(objective.metric())
            ? objective.mode()
            : Metric.ofSet(metric).map(Metric::better).orElse(Mode.MIN);
    return Optional.of(new BestSpec(metric, mode));
  }

  private OptionalInt updates(String name) {
    return tree.written(path(name))
        .map(text -> OptionalInt.of(Integer.parseInt(text)))
        .orElse(OptionalInt.empty());
  }

  private static String path(String name) {
    return SpecKeys.TRAINING + name;
  }
}
