package io.espalier.common.protocol;

import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;

/**
 * A branch given to one worker. Journaled before it is sent.
 *
 * @param dataset what the sweep was planned for; who reads other data or another model must not
 *     train it
 * @param sweepDirectory the sweep's directory in the store, absolute; all nodes see it
 */
public record Lease(
    SweepId sweep,
    Attempt attempt,
    Branch branch,
    TaskSettings settings,
    DatasetSummary dataset,
    String sweepDirectory) {

  /** Names this lease among all. */
  public Key key() {
    return new Key(sweep, branch.id(), attempt);
  }

  /** (sweep, branch, attempt): what results, rows and stops refer to. */
  public record Key(SweepId sweep, BranchId branch, Attempt attempt) {
    @Override
    public String toString() {
      return "%s/%s@%s".formatted(sweep, branch, attempt);
    }
  }
}
