package io.espalier.coordinator.plan;

import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.plan.StageTree.Sharing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A {@link StageTree} in the making: told each trial, the longest first. */
final class Growing {
  /** A snapshot for less would cost more than it saves. */
  private static final long FEWEST_UPDATES = 10;

  private static final double SMALLEST_PART = 0.02;

  /** A branch is planned in one event, which must stay below the journal's row size. */
  private static final int MOST_TRIALS = 500;

  private static final Comparator<Course> SHORTEST_FIRST =
      Comparator.comparingLong(Course::updates).thenComparing(course -> course.config().id());

  private final Sharing sharing;
  private final boolean selective;
  private final StepsSpec steps;
  private final long samples;

  /** By what must be equal; each list in the order its longest trials came. */
  private final Map<Training, List<Shoot>> shoots = new HashMap<>();

  Growing(Sharing sharing, boolean selective, StepsSpec steps, long samples) {
    this.sharing = sharing;
    this.selective = selective;
    this.steps = steps;
    this.samples = samples;
  }

  /**
   * A branch so far.
   *
   * @param fork where it begins on {@code from}
   * @param trials that end on it, the longest first
   */
  private record Shoot(Optional<Shoot> from, long fork, List<Course> trials) {
    static Shoot of(Course longest) {
      return new Shoot(Optional.empty(), 0, new ArrayList<>(List.of(longest)));
    }

    Shoot fork(Course other, long update) {
      return new Shoot(Optional.of(this), update, new ArrayList<>(List.of(other)));
    }

    /** The branch on which this one's update is done. */
    Shoot at(long update) {
      return from.filter(parent -> update <= fork).map(parent -> parent.at(update)).orElse(this);
    }

    Course longest() {
      return trials.get(0);
    }

    Course shortest() {
      return trials.get(trials.size() - 1);
    }

    TrialId first() {
      return trials.stream()
          .map(trial -> trial.config().id())
          .min(TrialId::compareTo)
          .orElseThrow();
    }
  }

  void add(Course trial) {
    List<Shoot> like = shoots.computeIfAbsent(trial.settings(), key -> new ArrayList<>());
    Shoot latest = Shoot.of(trial);
    for (Shoot shoot : sharing == Sharing.NONE ? List.<Shoot>of() : like) {
      long alike = trial.alike(shoot.longest());
      if (alike == trial.updates() && mayEndOn(shoot, trial)) {
        shoot.trials().add(trial);
        return;
      }
      long fork = alike < trial.updates() ? alike : lastEpochEnd(trial);
      boolean worthIt = sharing == Sharing.FORKS && fork >= least(shoot.shortest());
      if (worthIt && fork > latest.fork()) {
        latest = shoot.at(fork).fork(trial, fork);
      }
    }
    like.add(latest);
  }

  /** Whether the longer trials of a branch do not mind being evaluated at this one's end. */
  private boolean mayEndOn(Shoot shoot, Course trial) {
    boolean unnoticed =
        !selective
            || steps.evaluates(trial.updates(), lastEpochEnd(trial) == trial.updates())
            || shoot.longest().updates() == trial.updates();
    return unnoticed && shoot.trials().size() < MOST_TRIALS;
  }

  private long lastEpochEnd(Course trial) {
    return trial.updates() - trial.updates() % trial.settings().updatesPerEpoch(samples);
  }

  private static long least(Course longer) {
    return Math.max(FEWEST_UPDATES, (long) Math.ceil(SMALLEST_PART * longer.updates()));
  }

  StageTree tree() {
    List<Shoot> all = new ArrayList<>();
    shoots.values().forEach(all::addAll);
    all.sort(Comparator.comparing(Shoot::first));
    Map<TrialId, BranchId> ids = new HashMap<>();
    for (Shoot shoot : all) {
      ids.put(shoot.first(), new BranchId(ids.size()));
    }
    return new StageTree(all.stream().map(shoot -> branch(shoot, ids)).toList());
  }

  private static Branch branch(Shoot shoot, Map<TrialId, BranchId> ids) {
    List<Branch.Milestone> ends =
        shoot.trials().stream()
            .sorted(SHORTEST_FIRST)
            .map(trial -> milestone(trial, shoot.longest()))
            .toList();
    return new Branch(
        id(shoot, ids),
        shoot.longest().config(),
        ends,
        shoot.from().map(parent -> new Branch.Fork(id(parent, ids), shoot.fork())));
  }

  private static Branch.Milestone milestone(Course trial, Course longest) {
    return new Branch.Milestone(
        trial.config().id(),
        trial.updates(),
        Optional.of(trial.config()).filter(own -> trial != longest));
  }

  private static BranchId id(Shoot shoot, Map<TrialId, BranchId> ids) {
    return Optional.ofNullable(ids.get(shoot.first())).orElseThrow();
  }
}
