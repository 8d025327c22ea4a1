package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Branches of several trials that fork from one another, and may rest on their way. */
public final class SharedPrefixes implements Policy {
  private final Policy alone;
  private final Optional<Integer> restEvery;
  private final long[] updates;

  private SharedPrefixes(Policy alone, Optional<Integer> restEvery, long... updates) {
    this.alone = alone;
    this.restEvery = restEvery;
    this.updates = updates.clone();
  }

  /**
   * @param bound whatever reports a loss above it is hopeless
   * @param updates of the first trial of each branch; a second and third train as many more
   */
  public static SharedPrefixes of(double bound, long... updates) {
    return new SharedPrefixes(Examples.policy(bound, updates), Optional.empty(), updates);
  }

  /** As above; branches rest every so many updates, and each third is never promoted. */
  public static SharedPrefixes resting(double bound, int every, long... updates) {
    return new SharedPrefixes(Examples.policy(bound, updates), Optional.of(every), updates);
  }

  /** Every third branch has one trial, every third two, every third three. */
  static List<TrialId> trials(BranchId branch, int branches) {
    return IntStream.rangeClosed(0, branch.number() % 3)
        .mapToObj(k -> new TrialId(branch.number() + k * branches))
        .toList();
  }

  /** Every other branch leaves an earlier one as late as it can. */
  private Optional<Branch.Fork> fork(BranchId branch) {
    int from = (branch.number() - 1) / 2;
    long update = Math.min(updates[branch.number()] - 1, updates[from]);
    return branch.number() % 2 == 1 && update > 0
        ? Optional.of(new Branch.Fork(new BranchId(from), update))
        : Optional.empty();
  }

  @Override
  public Optional<Long> rest(Sweep all, BranchId branch, long after) {
    return restEvery
        .map(every -> every * (after / every + 1))
        .filter(next -> next < all.branches().get(branch).branch().updates());
  }

  @Override
  public List<BranchId> promoted(Sweep all) {
    return all.resting().keySet().stream()
        .filter(branch -> branch.number() % 3 > 0)
        .sorted()
        .toList();
  }

  @Override
  public Map<BranchId, Verdict> leftBehind(Sweep all) {
    Map<BranchId, Verdict> verdicts = new HashMap<>();
    all.resting()
        .forEach((branch, update) -> verdicts.put(branch, Examples.verdict("asha", update, 2, 1)));
    return verdicts;
  }

  @Override
  public List<Branch> branches(DatasetSummary dataset) {
    return alone.branches(dataset).stream().map(this::shared).toList();
  }

  private Branch shared(Branch branch) {
    List<Branch.Milestone> ends = new ArrayList<>();
    for (TrialId trial : trials(branch.id(), updates.length)) {
      ends.add(new Branch.Milestone(trial, branch.updates() * (ends.size() + 1)));
    }
    return new Branch(branch.id(), branch.config(), ends, fork(branch.id()));
  }

  @Override
  public Optional<Verdict> judge(Sweep all, BranchProgress branch, List<Report> fresh) {
    return alone.judge(all, branch, fresh);
  }
}
