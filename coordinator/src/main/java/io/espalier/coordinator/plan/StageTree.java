package io.espalier.coordinator.plan;

import io.espalier.common.spec.StepsSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import java.util.Comparator;
import java.util.List;

/**
 * What trials have in common, trained once. The longest trial goes first; each of the others goes
 * along with the branch it agrees with longest. One that agrees to its end is a milestone there;
 * one that parts before begins a branch of its own from a snapshot, where the way they have in
 * common is worth it. Pure.
 *
 * @param branches by the smallest number among their trials, which is also the order of their ids
 */
public record StageTree(List<Branch> branches) {
  private static final Comparator<Course> LONGEST_FIRST =
      Comparator.comparingLong(Course::updates)
          .reversed()
          .thenComparing(course -> course.config().id());

  public StageTree {
    branches = List.copyOf(branches);
  }

  /** How much may be shared. */
  public enum Sharing {
    /** Each trial has a branch of its own. */
    NONE,
    /** A trial may end on the way of a longer one. */
    MILESTONES,
    /** A trial may also begin at another's snapshot. */
    FORKS
  }

  /** As a sweep is trained. Trials that leave checkpoints on their ways share none. */
  public static StageTree of(SweepSpec spec, List<TrialConfig> trials, long samples) {
    boolean selective = spec.earlyStopping().isPresent() || spec.best().isPresent();
    boolean alone = !spec.share() || spec.steps().save().isPresent();
    Sharing sharing = alone ? Sharing.NONE : Sharing.FORKS;
    return of(trials, samples, sharing, selective, spec.steps());
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

  /** The same branches, numbered on from so many others. */
  public StageTree numberedFrom(int first) {
    return new StageTree(
        branches.stream()
            .map(
                branch ->
                    new Branch(
                        shifted(branch.id(), first),
                        branch.config(),
                        branch.milestones(),
                        branch
                            .fork()
                            .map(
                                fork ->
                                    new Branch.Fork(shifted(fork.from(), first), fork.update()))))
            .toList());
  }

  private static BranchId shifted(BranchId id, int by) {
    return new BranchId(id.number() + by);
  }

  /** How many branches begin on others' ways. */
  long forks() {
    return branches.stream().filter(branch -> branch.fork().isPresent()).count();
  }

  /** Optimizer updates of all branches. */
  public long totalUpdates() {
    return branches.stream().mapToLong(Branch::ownUpdates).sum();
  }
}
