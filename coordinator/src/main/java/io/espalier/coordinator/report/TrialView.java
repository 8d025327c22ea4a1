package io.espalier.coordinator.report;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialResult;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A trial as people see it.
 *
 * @param updates how many it takes in all
 * @param branch on which it is trained
 * @param worker who trains it now
 * @param result once it has ended
 * @param rank from 1, the best; absent until it has ended or where its objective is missing
 * @param broken constraints of the objective it does not meet, as written: {@code
 *     retention_accuracy 0.41 is not >= 0.6}
 * @param fork where its branch leaves the one that trains its first updates too
 * @param rests the update after which it rests until it is promoted
 */
public record TrialView(
    TrialConfig config,
    long updates,
    BranchId branch,
    Optional<WorkerId> worker,
    Optional<TrialResult> result,
    OptionalInt rank,
    List<String> broken,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Branch.Fork> fork,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> rests) {
  @JsonCreator
  public TrialView {
    broken = List.copyOf(broken);
    // Earlier versions wrote neither.
    fork = fork == null ? Optional.empty() : fork;
    rests = rests == null ? Optional.empty() : rests;
  }

  /** The update of another trial, of other values, that this one goes on after. */
  public Optional<Long> continues() {
    return fork.filter(Branch.Fork::changed).map(Branch.Fork::update);
  }

  /** Of a trial whose branch begins with its first update. */
  public TrialView(
      TrialConfig config,
      long updates,
      BranchId branch,
      Optional<WorkerId> worker,
      Optional<TrialResult> result,
      OptionalInt rank,
      List<String> broken) {
    this(config, updates, branch, worker, result, rank, broken, Optional.empty(), Optional.empty());
  }
}
