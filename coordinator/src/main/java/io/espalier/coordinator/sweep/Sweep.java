package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.SweepView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One sweep's life, as its events tell it. {@link Decisions} says which events an input leads to.
 *
 * @param phase what it waits for
 * @param origin what the user handed in
 * @param preparation reading model and data
 * @param excluded workers that get no branches
 * @param lastAttempt the newest attempt handed out
 * @param stop why a person ends it
 * @param end once no trial is open
 * @param ratings the newest of each trial and metric
 * @param extended when it last went on after its end
 * @param paused since when nothing of it is to be trained; absent where it may be
 * @param budget what it may use since a person changed that; absent where its spec says it
 */
public record Sweep(
    SweepId id,
    Phase phase,
    Origin origin,
    Preparation preparation,
    Branches branches,
    List<Excluded> excluded,
    Optional<Attempt> lastAttempt,
    Optional<String> stop,
    Optional<End> end,
    List<Rated> ratings,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<SweepView.Extension> extended,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Instant> paused,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<BudgetSpec> budget)
    implements Journaled {
  public Sweep {
    // Snapshots of earlier versions lack these.
    excluded = excluded == null ? List.of() : List.copyOf(excluded);
    ratings = ratings == null ? List.of() : List.copyOf(ratings);
    extended = extended == null ? Optional.empty() : extended;
    paused = paused == null ? Optional.empty() : paused;
    budget = budget == null ? Optional.empty() : budget;
  }

  private static final String PAUSED = "its sweep is paused";
  private static final String MOVES = "another worker has nothing to train";
  private static final String NOT_NEEDED = "no trial needs it any more";

  /** What a sweep waits for: a spec, the counts of its data, its trials, nothing. */
  public enum Phase {
    UNSUBMITTED,
    PREPARING,
    RUNNING,
    ENDED
  }

  /**
   * What was submitted.
   *
   * @param yaml the spec's text
   * @param baseDirectory what its relative paths resolve against
   * @param files SHA-256 of the files that were uploaded, by path as the spec writes it
   */
  public record Origin(
      String yaml, String baseDirectory, Map<String, String> files, Instant submitted) {
    public Origin {
      files = files == null ? Map.of() : Map.copyOf(files);
    }
  }

  /**
   * The task of reading model and data.
   *
   * @param worker who does it now
   * @param losses why earlier tries came to nothing
   * @param dataset what was found
   */
  public record Preparation(
      Optional<WorkerId> worker, List<String> losses, Optional<DatasetSummary> dataset) {
    public Preparation {
      losses = List.copyOf(losses);
    }

    Preparation assigned(WorkerId to) {
      return new Preparation(Optional.of(to), losses, dataset);
    }

    Preparation lost(String reason) {
      List<String> all = new ArrayList<>(losses);
      all.add(reason);
      return new Preparation(Optional.empty(), all, dataset);
    }

    Preparation done(DatasetSummary found) {
      return new Preparation(Optional.empty(), losses, Optional.of(found));
    }
  }

  /** A worker that reads another model or other data, or cannot read them. */
  public record Excluded(WorkerId worker, String reason) {}

  /** What people found of a trial. */
  public record Rated(TrialId trial, Rating rating) {}

  /** How and when it ended. */
  public record End(SweepView.State state, Optional<String> problem, Instant time) {}

  /** Before anything happened. */
  public static Sweep unsubmitted(SweepId id) {
    return new Sweep(
        id,
        Phase.UNSUBMITTED,
        new Origin("", "", Map.of(), Instant.EPOCH),
        new Preparation(Optional.empty(), List.of(), Optional.empty()),
        Branches.NONE,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  @JsonIgnore
  public boolean isUnfinished() {
    return phase == Phase.PREPARING || phase == Phase.RUNNING;
  }

  /** Whether results and rows of this attempt count. */
  public boolean isCurrent(BranchId branch, Attempt attempt) {
    return branches.has(branch) && branches.get(branch).isCurrent(attempt);
  }

  boolean has(TrialId trial) {
    return branches.stream()
        .flatMap(progress -> progress.branch().milestones().stream())
        .anyMatch(milestone -> milestone.trial().equals(trial));
  }

  boolean excludes(WorkerId worker) {
    return excluded.stream().anyMatch(out -> out.worker().equals(worker));
  }

  Forks forks() {
    return new Forks(branches);
  }

  /** Branches at rest, with the update they rest after. */
  public Map<BranchId, Long> resting() {
    Map<BranchId, Long> resting = new HashMap<>();
    branches.stream()
        .filter(progress -> progress.rest().isPresent() && progress.isWaiting())
        .forEach(progress -> resting.put(progress.id(), progress.rest().orElseThrow().update()));
    return resting;
  }

  /** Whether all that is open rests, or waits for what does. */
  public boolean onlyRests() {
    Forks forks = forks();
    return branches.stream()
        .allMatch(
            progress ->
                progress.current().isEmpty() && !(progress.isReady() && forks.canBegin(progress)));
  }

  /**
   * Slots that it could use now: its leases', and those of the branches that may begin. One while
   * it is prepared, which takes a worker.
   */
  public long wantedSlots() {
    if (phase == Phase.PREPARING) {
      return paused.isEmpty() ? 1 : 0;
    }
    Forks forks = forks();
    return branches.stream()
        .filter(
            progress ->
                progress.current().isPresent()
                    || (paused.isEmpty() && progress.isReady() && forks.canBegin(progress)))
        .count();
  }

  /** Whether others go on with a trial's branch when that trial ends. */
  boolean isNeededWithout(TrialId trial) {
    return branches.stream()
        .filter(progress -> progress.isOpen(trial))
        .anyMatch(progress -> progress.open().size() > 1 || forks().await(progress));
  }

  /**
   * Whether a branch must not go on from a checkpoint yet: a trial has its end before it and its
   * result has not come.
   */
  boolean isTooEarly(BranchId branch, Checkpoint checkpoint) {
    return branches
        .get(branch)
        .nextEnd()
        .filter(update -> update <= checkpoint.update())
        .isPresent();
  }

  /** What the worker of a branch has to be told, when it is to end before its last update. */
  Optional<Halt> ending(BranchProgress progress) {
    if (progress.current().isEmpty()) {
      return Optional.empty();
    }
    boolean notNeeded = progress.hasEnded() && !forks().await(progress);
    return progress
        .givenUp()
        .or(() -> stop.map(Outcome.Stopped::new))
        .or(() -> notNeeded ? Optional.of(new Outcome.Stopped(NOT_NEEDED)) : Optional.empty())
        .map(Halt::forGood)
        .or(() -> paused.map(since -> new Halt(new Outcome.Stopped(PAUSED), true)))
        .or(
            () ->
                progress
                    .current()
                    .filter(BranchProgress.Running::moves)
                    .map(running -> new Halt(new Outcome.Stopped(MOVES), true)));
  }

  /** What was reported of a branch's training before it forked, one per point. */
  public List<Report> inherited(BranchProgress progress) {
    return forks().inherited(progress);
  }

  /** The same and what it reported itself. */
  public List<Report> reports(BranchProgress progress) {
    List<Report> all = new ArrayList<>(inherited(progress));
    if (all.isEmpty()) {
      return progress.reports();
    }
    progress.reports().stream()
        .filter(own -> all.stream().noneMatch(own::samePoint))
        .forEach(all::add);
    return all;
  }

  /** The state after one more event. */
  public Sweep apply(SweepEvent event) {
    // Java 17 has no type patterns in switch.
    if (event instanceof SweepEvent.Submitted e) {
      return with(
          next -> {
            next.phase = Phase.PREPARING;
            next.origin = new Origin(e.yaml(), e.baseDirectory(), e.files(), e.time());
          });
    } else if (event instanceof SweepEvent.PreparationAssigned e) {
      return with(preparation.assigned(e.worker()));
    } else if (event instanceof SweepEvent.PreparationLost e) {
      return with(preparation.lost(e.reason()));
    } else if (event instanceof SweepEvent.Prepared e) {
      return with(preparation.done(e.dataset()));
    } else if (event instanceof SweepEvent.Planned e) {
      return with(
          next -> {
            next.phase = Phase.RUNNING;
            next.branches = branches.plus(e.branches());
          });
    } else if (event instanceof SweepEvent.Reopened e) {
      return reopened(new SweepView.Extension(e.time(), trials()));
    } else if (event instanceof SweepEvent.Leased e) {
      var running =
          new BranchProgress.Running(
              e.attempt(), e.worker(), e.start(), Optional.of(e.time()), false);
      return with(
          next -> {
            next.branches = branches.with(branches.get(e.branch()).leased(running));
            next.lastAttempt = Optional.of(e.attempt());
          });
    } else if (event instanceof SweepEvent.CheckpointKept e) {
      Set<Long> places = forks().places(e.branch());
      return with(branches.get(e.branch()).kept(e.checkpoint(), places));
    } else if (event instanceof SweepEvent.Moving e) {
      return with(branches.get(e.branch()).moving());
    } else if (event instanceof SweepEvent.CheckpointDropped e) {
      return with(branches.get(e.branch()).without(e.checkpoint()));
    } else if (event instanceof SweepEvent.EndDropped e) {
      return with(branches.get(e.branch()).withoutEnd(e.trial()));
    } else if (event instanceof SweepEvent.CheckpointsDropped) {
      return with(next -> next.branches = branches.withoutCheckpoints());
    } else if (event instanceof SweepEvent.LeaseLost e) {
      return with(branches.get(e.branch()).lost(e.loss()));
    } else if (event instanceof SweepEvent.Rested e) {
      var rest = new BranchProgress.Rest(e.place().update(), e.standing());
      return with(branches.get(e.branch()).rested(rest));
    } else if (event instanceof SweepEvent.WorkerExcluded e) {
      return without(new Excluded(e.worker(), e.reason()));
    } else if (event instanceof SweepEvent.Evaluated e) {
      return with(branches.get(e.branch()).evaluated(e.reports()));
    } else if (event instanceof SweepEvent.Judged e) {
      return with(branches.get(e.branch()).judged(e.verdict()));
    } else if (event instanceof SweepEvent.TrialEnded e) {
      return with(branches.get(e.branch()).ended(e.result(), e.goesOn()));
    } else if (event instanceof SweepEvent.StopRequested e) {
      return with(next -> next.stop = Optional.of(e.reason()));
    } else if (event instanceof SweepEvent.TrialStopRequested e) {
      return isNeededWithout(e.trial())
          ? this
          : with(branches.get(e.branch()).stopping(e.reason()));
    } else if (event instanceof SweepEvent.Retried e) {
      return retried(Set.copyOf(e.trials()));
    } else if (event instanceof SweepEvent.Paused e) {
      return with(next -> next.paused = Optional.of(e.time()));
    } else if (event instanceof SweepEvent.Resumed) {
      return with(next -> next.paused = Optional.empty());
    } else if (event instanceof SweepEvent.BudgetChanged e) {
      return with(
          next -> next.budget = Optional.of(new BudgetSpec(e.maxTrials(), e.maxDeviceTime())));
    } else if (event instanceof SweepEvent.Rated e) {
      return rated(new Rated(e.trial(), e.rating()));
    } else if (event instanceof SweepEvent.SweepEnded e) {
      return with(
          next -> {
            next.phase = Phase.ENDED;
            next.end = Optional.of(new End(e.state(), e.problem(), e.time()));
            next.branches = forks().settled();
          });
    } else if (event instanceof SweepEvent.Asked) {
      return this;
    }
    throw new IllegalStateException("no rule for " + event);
  }

  /** What the next state shall be, begun as this one. */
  private static final class Next {
    private final SweepId id;
    private Phase phase;
    private Origin origin;
    private Preparation preparation;
    private Branches branches;
    private List<Excluded> excluded;
    private Optional<Attempt> lastAttempt;
    private Optional<String> stop;
    private Optional<End> end;
    private List<Rated> ratings;
    private Optional<SweepView.Extension> extended;
    private Optional<Instant> paused;
    private Optional<BudgetSpec> budget;

    Next(Sweep sweep) {
      id = sweep.id;
      phase = sweep.phase;
      origin = sweep.origin;
      preparation = sweep.preparation;
      branches = sweep.branches;
      excluded = sweep.excluded;
      lastAttempt = sweep.lastAttempt;
      stop = sweep.stop;
      end = sweep.end;
      ratings = sweep.ratings;
      extended = sweep.extended;
      paused = sweep.paused;
      budget = sweep.budget;
    }

    Sweep made() {
      return new Sweep(
          id,
          phase,
          origin,
          preparation,
          branches,
          excluded,
          lastAttempt,
          stop,
          end,
          ratings,
          extended,
          paused,
          budget);
    }
  }

  private Sweep with(Consumer<Next> change) {
    Next next = new Next(this);
    change.accept(next);
    return next.made();
  }

  private Sweep with(Preparation done) {
    return with(next -> next.preparation = done);
  }

  private Sweep with(BranchProgress changed) {
    return with(next -> next.branches = branches.with(changed));
  }

  private Sweep without(Excluded worker) {
    List<Excluded> all = new ArrayList<>(excluded);
    all.add(worker);
    return with(next -> next.excluded = all);
  }

  private int trials() {
    return branches.stream().mapToInt(progress -> progress.branch().milestones().size()).sum();
  }

  private Sweep reopened(SweepView.Extension extension) {
    return with(
        next -> {
          next.phase = Phase.RUNNING;
          next.stop = Optional.empty();
          next.end = Optional.empty();
          next.extended = Optional.of(extension);
          next.paused = Optional.empty();
        });
  }

  private Sweep retried(Set<TrialId> trials) {
    Branches retried = branches;
    for (BranchProgress progress : branches.stream().toList()) {
      retried = retried.with(progress.retried(trials));
    }
    Branches all = retried;
    return with(next -> next.branches = all);
  }

  private Sweep rated(Rated newest) {
    List<Rated> all = new ArrayList<>(ratings);
    all.removeIf(
        old ->
            old.trial().equals(newest.trial())
                && old.rating().metric().equals(newest.rating().metric()));
    all.add(newest);
    return with(next -> next.ratings = all);
  }
}
