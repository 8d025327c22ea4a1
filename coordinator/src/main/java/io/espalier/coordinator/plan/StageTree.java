package io.espalier.coordinator.plan;

import io.espalier.common.spec.StepsSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What trials have in common, trained once. The longest trial goes first; each of the others goes
 * along with the branch it agrees with longest. One that agrees to its end is a milestone there;
 * one that parts before begins a branch of its own from a snapshot, where the way they have in
 * common is worth it. Pure.
 *
 * @param limbs by the smallest number among their trials, which is also the order of their ids
 */
public record StageTree(List<Limb> limbs) {
  private static final Comparator<Course> LONGEST_FIRST =
      Comparator.comparingLong(Course::updates)
          .reversed()
          .thenComparing(course -> course.config().id());

  public StageTree {
    limbs = List.copyOf(limbs);
  }

  /** How much may be shared. */
  public enum Sharing {
    /** Each trial has a branch of its own. */
    NONE,
    /** A trial may end on the way of a longer one. */
    MILESTONES,
    /** A trial may also begin at another's snapshot. */
    FORKS;

    /** What workers can do: none begins at a snapshot. */
    static final Sharing SUPPORTED = MILESTONES;
  }

  /**
   * A branch and where it begins.
   *
   * @param fork absent where it begins with its first update
   */
  public record Limb(Branch branch, Optional<Fork> fork) {
    /** Updates that it trains itself. */
    public long updates() {
      return branch.updates() - fork.map(Fork::update).orElse(0L);
    }
  }

  /**
   * A place on another branch.
   *
   * @param update the last one in common, from 1
   */
  public record Fork(BranchId from, long update) {}

  /** As a sweep is trained. Trials that leave checkpoints on their ways share none. */
  public static StageTree of(SweepSpec spec, List<TrialConfig> trials, long samples) {
    boolean selective = spec.earlyStopping().isPresent() || spec.best().isPresent();
    boolean alone = !spec.share() || spec.steps().flatMap(StageTree::saving).isPresent();
    Sharing sharing = alone ? Sharing.NONE : Sharing.SUPPORTED;
    return of(trials, samples, sharing, selective, spec.steps().orElse(StepsSpec.NONE));
  }

  /**
   * @param trials by number
   * @param samples training rows
   * @param selective whether a trial's course or result depends on every evaluation of it, so that
   *     it must not be evaluated where another ends between two of its own
   * @param steps where a trial is evaluated before its end
   */
  static StageTree of(
      List<TrialConfig> trials, long samples, Sharing sharing, boolean selective, StepsSpec steps) {
    var growing = new Growing(sharing, selective, steps, samples);
    trials.stream()
        .map(trial -> Course.of(trial, samples))
        .sorted(LONGEST_FIRST)
        .forEach(growing::add);
    return growing.tree();
  }

  private static Optional<Integer> saving(StepsSpec steps) {
    return steps.save().stream().boxed().findFirst();
  }

  public List<Branch> branches() {
    return limbs.stream().map(Limb::branch).toList();
  }

  /** Optimizer updates of all branches. */
  public long totalUpdates() {
    return limbs.stream().mapToLong(Limb::updates).sum();
  }
}
