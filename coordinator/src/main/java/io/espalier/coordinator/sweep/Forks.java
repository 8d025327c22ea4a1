package io.espalier.coordinator.sweep;

import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which branches begin on others' ways, and whether they can. A fork begins at the checkpoint its
 * trunk left for it. Where the trunk will not leave it any more, the fork trains what they have in
 * common itself, from as far as somebody came. Pure.
 */
record Forks(Branches branches) {

  /** Those that leave this branch, or were meant to. */
  Stream<BranchProgress> of(BranchId trunk) {
    return branches.stream().filter(fork -> from(fork).filter(trunk::equals).isPresent());
  }

  /** The updates after which they do. */
  Set<Long> places(BranchId trunk) {
    return of(trunk).map(Forks::place).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Where a branch that is leased now begins; absent: with its first update. */
  Optional<Checkpoint> start(BranchProgress progress) {
    return newest(progress, Long.MAX_VALUE);
  }

  private Optional<Checkpoint> newest(BranchProgress progress, long atMost) {
    return progress
        .checkpoint(atMost)
        .or(
            () ->
                progress
                    .branch()
                    .fork()
                    .flatMap(
                        fork ->
                            newest(branches.get(fork.from()), Math.min(atMost, fork.update()))));
  }

  /** The branch, this one or one below it, that left a checkpoint it could begin at. */
  Optional<BranchId> owner(BranchProgress progress, Checkpoint checkpoint) {
    return progress.checkpoints().contains(checkpoint)
        ? Optional.of(progress.id())
        : from(progress).flatMap(trunk -> owner(branches.get(trunk), checkpoint));
  }

  /** One that has begun once waits for nobody: its checkpoint was there, or never will be. */
  boolean canBegin(BranchProgress progress) {
    return progress
        .branch()
        .fork()
        .map(fork -> !isAwaited(progress, branches.get(fork.from())))
        .orElse(true);
  }

  /** Whether a fork waits for what its trunk may still leave. */
  private boolean isAwaited(BranchProgress fork, BranchProgress trunk) {
    return fork.isWaiting()
        && fork.losses().isEmpty()
        && fork.checkpoints().isEmpty()
        && !trunk.hasCheckpoint(place(fork))
        && comesBy(trunk, place(fork));
  }

  /** Whether a branch is still to do an update, as far as one can tell. */
  private boolean comesBy(BranchProgress trunk, long update) {
    if (trunk.current().isEmpty() && trunk.lastUpdate() < update) {
      return false;
    }
    Optional<Checkpoint> begun =
        trunk.current().map(BranchProgress.Running::start).orElseGet(() -> start(trunk));
    return begun.isEmpty() || begun.get().update() < update;
  }

  /** The updates, ascending, after which others wait for a checkpoint of a branch. */
  List<Long> awaited(BranchProgress trunk) {
    return of(trunk.id())
        .filter(fork -> isAwaited(fork, trunk))
        .map(Forks::place)
        .distinct()
        .sorted()
        .toList();
  }

  /** Whether any do. */
  boolean await(BranchProgress trunk) {
    return of(trunk.id()).anyMatch(fork -> isAwaited(fork, trunk));
  }

  /** What was reported of a branch before it forked, as far as it counts. */
  List<Report> inherited(BranchProgress progress) {
    if (progress.branch().fork().isEmpty()) {
      return List.of();
    }
    Branch.Fork fork = progress.branch().fork().get();
    BranchProgress trunk = branches.get(fork.from());
    long last = trunk.verdict().map(v -> Math.min(v.update(), fork.update())).orElse(fork.update());
    List<Report> all = new ArrayList<>(inherited(trunk));
    trunk.reports().stream()
        .filter(report -> all.stream().noneMatch(report::samePoint))
        .forEach(all::add);
    all.removeIf(report -> report.update() > last);
    return all;
  }

  private static Optional<BranchId> from(BranchProgress progress) {
    return progress.branch().fork().map(Branch.Fork::from);
  }

  /** Of one that forks. */
  static long place(BranchProgress fork) {
    return fork.branch().fork().map(Branch.Fork::update).orElse(0L);
  }
}
