package io.espalier.common.guard;

import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * A rule told every update's loss and gradient norm before the update is applied. A number that is
 * not finite is worse than every finite one.
 */
interface UpdateGuard {
  /** As a specification has it. */
  String name();

  /** Whether the branch ends here; told every update, also when another rule has ended it. */
  Optional<Verdict> judge(long update, double loss, double gradNorm);

  /** What the next verdict depends on; empty for a rule that looks at one update alone. */
  default List<Double> memory() {
    return List.of();
  }

  /** Goes on where another of the same specification stopped. */
  default void restore(List<Double> memory) {}
}
