package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * How far one branch has come.
 *
 * @param current the attempt that counts; absent while it waits and once it has ended
 * @param losses why earlier attempts came to nothing, oldest first
 * @param reports evaluations in the order they were journaled, one per point
 * @param verdict of the pruner, once it has given the branch up
 * @param stop why a person ends the last trial open on it
 * @param results of the trials that have ended on it
 * @param checkpoints it can go on from, by update: the newest, and those where others fork
 * @param rest where it waits to be chosen again; absent while it trains, and before and after
 */
public record BranchProgress(
    Branch branch,
    Optional<Running> current,
    List<Loss> losses,
    List<Report> reports,
    Optional<Verdict> verdict,
    Optional<String> stop,
    List<TrialResult> results,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Checkpoint> checkpoints,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Rest> rest) {
  public BranchProgress {
    // Snapshots of earlier versions lack these.
    checkpoints = checkpoints == null ? List.of() : List.copyOf(checkpoints);
    rest = rest == null ? Optional.empty() : rest;
    losses = List.copyOf(losses);
    reports = List.copyOf(reports);
    results = List.copyOf(results);
  }

  /**
   * The attempt that counts, and who works on it.
   *
   * @param start what it went on from; absent where it began with the first update
   * @param since when it was leased; absent where an earlier version did it
   * @param moves whether it is on its way to another worker
   */
  public record Running(
      Attempt attempt,
      WorkerId worker,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Checkpoint> start,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Instant> since,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean moves) {
    public Running {
      // Snapshots of earlier versions lack these.
      start = start == null ? Optional.empty() : start;
      since = since == null ? Optional.empty() : since;
    }

    /** The last update done when it began; 0 where there was none. */
    long begun() {
      return start.map(Checkpoint::update).orElse(0L);
    }

    Running moving() {
      return new Running(attempt, worker, start, since, true);
    }
  }

  /**
   * A stop on the way.
   *
   * @param update the last one done
   * @param standing how far the trials have come that are open
   */
  public record Rest(long update, List<TrialResult> standing) {
    public Rest {
      standing = List.copyOf(standing);
    }
  }

  static BranchProgress waiting(Branch branch) {
    return new BranchProgress(
        branch,
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.empty());
  }

  @JsonIgnore
  public BranchId id() {
    return branch.id();
  }

  @JsonIgnore
  public boolean hasEnded() {
    return results.size() == branch.milestones().size();
  }

  @JsonIgnore
  public boolean isWaiting() {
    return current.isEmpty() && !hasEnded();
  }

  /** Whether it waits, and not to be chosen again. */
  boolean isReady() {
    return isWaiting() && rest.isEmpty();
  }

  public boolean isCurrent(Attempt attempt) {
    return current.isPresent() && current.get().attempt().equals(attempt);
  }

  public boolean isOpen(TrialId trial) {
    return result(trial).isEmpty()
        && branch.milestones().stream().anyMatch(m -> m.trial().equals(trial));
  }

  public Optional<TrialResult> result(TrialId trial) {
    // No stream: each decision asks it of every branch.
    for (TrialResult result : results) {
      if (result.trial().equals(trial)) {
        return Optional.of(result);
      }
    }
    return Optional.empty();
  }

  List<Branch.Milestone> open() {
    return branch.milestones().stream().filter(m -> isOpen(m.trial())).toList();
  }

  /** What is to be leased: up to the end of the last trial that is open. */
  Branch remaining() {
    return branch.with(open());
  }

  /** The last update of the last trial that is open; 0 when none is. */
  long lastUpdate() {
    List<Branch.Milestone> ends = branch.milestones();
    for (int i = ends.size() - 1; i >= 0; i--) {
      if (result(ends.get(i).trial()).isEmpty()) {
        return ends.get(i).update();
      }
    }
    return 0;
  }

  /** Where it failed. */
  Set<String> failedAt() {
    return losses(Loss.Kind.FAILED).stream()
        .flatMap(loss -> loss.worker().stream())
        .map(WorkerId::place)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  List<Loss> losses(Loss.Kind kind) {
    return losses.stream().filter(loss -> loss.kind() == kind).toList();
  }

  /** What its worker has to be told to end it with: the pruner's verdict, a person's wish. */
  Optional<Outcome> givenUp() {
    Optional<Outcome> pruned = verdict.map(Outcome.Pruned::new);
    return pruned.or(() -> stop.map(Outcome.Stopped::new));
  }

  /** Those that say something new, without repeats among themselves. */
  List<Report> fresh(Collection<Report> offered) {
    List<Report> known = new ArrayList<>(reports);
    List<Report> fresh = new ArrayList<>();
    for (Report report : offered) {
      if (known.stream().noneMatch(report::samePoint)) {
        known.add(report);
        fresh.add(report);
      }
    }
    return fresh;
  }

  /** The first of its trials' ends that is still to come. */
  Optional<Long> nextEnd() {
    return open().stream().map(Branch.Milestone::update).findFirst();
  }

  /** The last update that is known to be done on its way. */
  long known() {
    return LongStream.of(
            current.map(Running::begun).orElse(0L),
            reports.stream().mapToLong(Report::update).max().orElse(0),
            left().mapToLong(Checkpoint::update).max().orElse(0))
        .max()
        .orElseThrow();
  }

  /** All that were left and stay: on its way, and where trials have ended. */
  Stream<Checkpoint> left() {
    return Stream.concat(
        checkpoints.stream(), results.stream().flatMap(result -> result.checkpoint().stream()));
  }

  /** The newest that is no later. */
  Optional<Checkpoint> checkpoint(long atMost) {
    if (checkpoints.isEmpty() && results.isEmpty()) {
      return Optional.empty();
    }
    return left()
        .filter(checkpoint -> checkpoint.update() <= atMost)
        .max(Comparator.comparingLong(Checkpoint::update));
  }

  Optional<Checkpoint> checkpointAt(long update) {
    return left().filter(checkpoint -> checkpoint.update() == update).findFirst();
  }

  boolean hasCheckpoint(long update) {
    return checkpointAt(update).isPresent();
  }

  BranchProgress leased(Running running) {
    return with(Optional.of(running), losses, Optional.empty());
  }

  BranchProgress moving() {
    return with(current.map(Running::moving), losses, rest);
  }

  BranchProgress lost(Loss loss) {
    return with(Optional.empty(), plus(losses, loss), Optional.empty());
  }

  BranchProgress rested(Rest there) {
    return with(Optional.empty(), losses, Optional.of(there));
  }

  BranchProgress evaluated(List<Report> more) {
    List<Report> all = new ArrayList<>(reports);
    all.addAll(more);
    return new BranchProgress(
        branch, current, losses, all, verdict, stop, results, checkpoints, rest);
  }

  BranchProgress judged(Verdict hopeless) {
    return new BranchProgress(
        branch, current, losses, reports, Optional.of(hopeless), stop, results, checkpoints, rest);
  }

  BranchProgress stopping(String reason) {
    return new BranchProgress(
        branch, current, losses, reports, verdict, Optional.of(reason), results, checkpoints, rest);
  }

  /**
   * @param goesOn whether the attempt does, also without an open trial
   */
  BranchProgress ended(TrialResult result, boolean goesOn) {
    List<TrialResult> all = plus(results, result);
    boolean over = all.size() == branch.milestones().size() && !goesOn;
    return new BranchProgress(
        branch,
        over ? Optional.empty() : current,
        losses,
        reports,
        verdict,
        stop,
        all,
        checkpoints,
        rest);
  }

  /**
   * These trials of it are open again, as if it had never been given up. It goes on from what was
   * left before their ends.
   */
  BranchProgress retried(Set<TrialId> trials) {
    OptionalLong first =
        branch.milestones().stream()
            .filter(end -> trials.contains(end.trial()))
            .mapToLong(Branch.Milestone::update)
            .min();
    if (first.isEmpty()) {
      return this;
    }
    return new BranchProgress(
        branch,
        current,
        List.of(),
        reports,
        Optional.empty(),
        Optional.empty(),
        results.stream().filter(result -> !trials.contains(result.trial())).toList(),
        checkpoints.stream().filter(left -> left.update() < first.getAsLong()).toList(),
        Optional.empty());
  }

  /**
   * @param forks updates whose checkpoints stay when there are newer ones
   */
  BranchProgress kept(Checkpoint left, Set<Long> forks) {
    List<Checkpoint> all = plus(checkpoints, left);
    all.sort(Comparator.comparingLong(Checkpoint::update));
    long newest = all.get(all.size() - 1).update();
    all.removeIf(old -> old.update() < newest && !forks.contains(old.update()));
    return with(all);
  }

  /** Whether one of its trials may be tried again. */
  boolean mayBeRetried() {
    return results.stream().anyMatch(result -> result.outcome().mayBeRetried());
  }

  /** Of what was left on its way only this stays. */
  BranchProgress keeping(Predicate<Checkpoint> needed) {
    return with(checkpoints.stream().filter(needed).toList());
  }

  BranchProgress without(Checkpoint dropped) {
    List<Checkpoint> all = new ArrayList<>(checkpoints);
    all.remove(dropped);
    return with(all).replacing(result -> result.checkpoint().equals(Optional.of(dropped)));
  }

  /** The checkpoint of a trial's end is no more. */
  BranchProgress withoutEnd(TrialId trial) {
    return replacing(result -> result.trial().equals(trial));
  }

  BranchProgress withoutCheckpoints() {
    return with(List.<Checkpoint>of()).replacing(result -> true);
  }

  private BranchProgress replacing(Predicate<TrialResult> isWithoutCheckpoint) {
    List<TrialResult> all =
        results.stream()
            .map(result -> isWithoutCheckpoint.test(result) ? result.withoutCheckpoint() : result)
            .toList();
    return new BranchProgress(
        branch, current, losses, reports, verdict, stop, all, checkpoints, rest);
  }

  private BranchProgress with(Optional<Running> running, List<Loss> lost, Optional<Rest> there) {
    return new BranchProgress(
        branch, running, lost, reports, verdict, stop, results, checkpoints, there);
  }

  private BranchProgress with(List<Checkpoint> there) {
    return new BranchProgress(
        branch, current, losses, reports, verdict, stop, results, there, rest);
  }

  private static <T> List<T> plus(List<T> list, T last) {
    List<T> longer = new ArrayList<>(list);
    longer.add(last);
    return longer;
  }
}
