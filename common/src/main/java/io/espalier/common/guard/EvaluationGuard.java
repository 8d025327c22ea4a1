package io.espalier.common.guard;

import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A rule told every evaluation of a branch. */
interface EvaluationGuard {
  /** As a specification has it. */
  String name();

  /**
   * @param trainLoss token mean of the epoch so far
   * @param metrics by {@code <set>_<metric>}; those that were measured
   */
  Optional<Verdict> judge(long update, OptionalDouble trainLoss, Map<String, Double> metrics);

  /** What the next verdict depends on. */
  List<Double> memory();

  /** Goes on where another of the same specification stopped. */
  void restore(List<Double> memory);
}
