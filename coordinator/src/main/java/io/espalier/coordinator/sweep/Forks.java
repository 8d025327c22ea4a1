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
 * common itself, from as far as somebody came, unless its values are others there. Pure.
 */
record Forks(Branches branches) {

  /** Those that leave this branch, or were meant to. */
  Stream<BranchProgress> of(BranchId trunk) {
    return branches.stream().filter(fork -> from(fork).filter(trunk::equals).isPresent());
  }

  /** Those of them that are the same training up to there. */
  Stream<BranchProgress> sharing(BranchId trunk) {
    return of(trunk).filter(fork -> !isChanged(fork));
  }

  /** The updates after which they do. */
  Set<Long> places(BranchId trunk) {
    return of(trunk).map(Forks::place).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Where a branch that is leased now begins; absent: with its first update. */
  Optional<Checkpoint> start(BranchProgress progress) {
    return newest(progress, Long.MAX_VALUE);
  }

  /** The newest of its way that is no later. */
  Optional<Checkpoint> newest(BranchProgress progress, long atMost) {
    return progress
        .checkpoint(atMost)
        .or(
            () ->
                progress
                    .branch()
                    .fork()
                    .flatMap(fork -> before(branches.get(fork.from()), fork, atMost)));
  }

  private Optional<Checkpoint> before(BranchProgress trunk, Branch.Fork fork, long atMost) {
    return fork.changed()
        ? trunk.checkpointAt(fork.update()).filter(there -> there.update() <= atMost)
        : newest(trunk, Math.min(atMost, fork.update()));
  }

  /** Whether a branch waits for a checkpoint that is gone, and cannot begin without. */
  boolean isStranded(BranchProgress progress) {
    return isChanged(progress)
        && progress.isWaiting()
        && canBegin(progress)
        && start(progress).isEmpty();
  }

  private static boolean isChanged(BranchProgress progress) {
    return progress.branch().fork().filter(Branch.Fork::changed).isPresent();
  }

  /** Whether another branch may have to begin at a checkpoint of this one. */
  boolean need(BranchProgress trunk, Checkpoint left) {
    return of(trunk.id())
        .filter(fork -> !fork.hasEnded() || fork.mayBeRetried())
        .anyMatch(fork -> place(fork) == left.update() && fork.checkpoints().isEmpty());
  }

  /** Nothing is trained any more: only what may be tried again needs what was left on the way. */
  Branches settled() {
    Branches settled = branches;
    for (BranchProgress progress : branches.stream().toList()) {
      if (!progress.checkpoints().isEmpty() && !progress.mayBeRetried()) {
        settled = settled.with(progress.keeping(left -> need(progress, left)));
      }
    }
    return settled;
  }

  /** The branch, this one or one below it, that left a checkpoint it could begin at. */
  Optional<BranchId> owner(BranchProgress progress, Checkpoint checkpoint) {
    return progress.left().anyMatch(checkpoint::equals)
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
