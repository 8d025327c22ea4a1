package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;

/** What one spec says of its sweep: which branches there are, which are hopeless. Pure. */
public interface Policy {
  /**
   * The branches of the sweep, numbered from 0.
   *
   * @throws io.espalier.common.UserError when the spec does not fit the data
   */
  List<Branch> branches(DatasetSummary dataset);

  /**
   * The pruner's view of one branch.
   *
   * @param sweep with {@code fresh} applied
   * @param fresh what was just reported of {@code branch}
   * @return a verdict when the branch shall end
   */
  Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh);
}
