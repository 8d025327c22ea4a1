package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What one spec says of its sweep: which branches there are, which are hopeless. Pure. */
public interface Policy {
  /** Of a sweep whose spec is not read: nothing is planned, nothing judged. */
  Policy NONE =
      new Policy() {
        @Override
        public List<Branch> branches(DatasetSummary dataset) {
          return List.of();
        }

        @Override
        public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
          return Optional.empty();
        }
      };

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

  /**
   * Where a branch comes to rest until it is promoted.
   *
   * @param after the last update it has done
   * @return the update after which it does; empty where it trains to its end
   */
  default Optional<Long> rest(Sweep sweep, BranchId branch, long after) {
    return Optional.empty();
  }

  /** Of the branches at rest, those that may go on now, the first first. */
  default List<BranchId> promoted(Sweep sweep) {
    return List.of();
  }

  /** Why those at rest end when nobody will promote them any more. */
  default Map<BranchId, Verdict> leftBehind(Sweep sweep) {
    return Map.of();
  }

  /** Whether trials are still to be added to those there are. */
  default boolean isGrowing(Sweep sweep) {
    return false;
  }

  /**
   * Branches to add now, numbered on from those there are.
   *
   * @param most how many could begin
   */
  default List<Branch> further(Sweep sweep, int most) {
    return List.of();
  }

  /**
   * Branches of more trials, numbered on from those there are.
   *
   * @throws io.espalier.common.UserError when there are none, or they cannot be
   */
  default List<Branch> extension(Sweep sweep, MoreTrials more) {
    throw new UserError("The spec of %s cannot be read any more.".formatted(sweep.id()));
  }

  /** What a sweep may use. */
  default BudgetSpec budget(Sweep sweep) {
    return new BudgetSpec(Integer.MAX_VALUE, Optional.empty());
  }

  /** Of the trials that have left a checkpoint of their end, those whose need not stay. */
  default List<TrialId> surplusEnds(Sweep sweep) {
    return List.of();
  }

  /** Whether what is likely to come apart, because a lower learning rate did, is not tried. */
  default boolean skipsDominated() {
    return false;
  }
}
