package io.espalier.coordinator.pruning;

import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rule across branches that ends the hopeless ones. Pure: the same reports give the same verdict,
 * whatever the order of the map. A report that is not finite ends its branch at once, and counts as
 * worst wherever others are compared with it.
 */
public interface Pruner {

  /** The metric it judges by, measured at every epoch: {@code eval_loss}. */
  String metric();

  /**
   * Judges one report. Reports are judged one at a time in the order they were journaled.
   *
   * @param branch one of the sweep's, not given up yet
   * @param fresh what it reports
   * @param before all that was reported before {@code fresh}, the branch's own reports included; a
   *     branch that has reported nothing may be left out
   * @return why the branch shall end; empty when it goes on
   */
  Optional<Verdict> judge(BranchId branch, Curve.Point fresh, Map<BranchId, Curve> before);

  /**
   * The pruner a spec asks for.
   *
   * @param samples training rows
   */
  static Optional<Pruner> of(SweepSpec spec, List<Branch> branches, long samples) {
    return spec.pruning().map(asked -> of(asked, branches, samples));
  }

  /** The same for a rule by itself. */
  static Pruner of(PruningSpec asked, List<Branch> branches, long samples) {
    return new Pruners(asked, branches, samples).pruner();
  }
}
