package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.coordinator.metrics.SweepStanding;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.Savings;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.DeviceUse;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows what happens to sweeps where measurements are shown. */
final class Exposition implements Surroundings.Observer {
  private static final Logger LOG = LoggerFactory.getLogger(Exposition.class);
  private static final int LEADERS = 10;

  private final MetricsService metrics;
  private final Surroundings.Specs specs;

  /** Of sweeps that have not ended. */
  private final Map<SweepId, Optional<SweepSpec>> read = new ConcurrentHashMap<>();

  Exposition(MetricsService metrics, Surroundings.Specs specs) {
    this.metrics = metrics;
    this.specs = specs;
  }

  @Override
  public void recovered(Sweep sweep) {
    sweep.branches().stream()
        .filter(progress -> progress.current().isPresent())
        .forEach(progress -> started(sweep, progress));
    show(sweep);
  }

  @Override
  public void happened(Sweep sweep, SweepEvent event) {
    if (event instanceof SweepEvent.Leased leased) {
      started(sweep, sweep.branches().get(leased.branch()));
    } else if (event instanceof SweepEvent.LeaseLost lost) {
      metrics.exposed().leaseLost(lost.loss().kind().name().toLowerCase(Locale.ROOT));
    } else if (event instanceof SweepEvent.CheckpointKept) {
      metrics.exposed().checkpointKept();
    } else if (event instanceof SweepEvent.TrialEnded ended) {
      metrics.exposed().trialEnded(sweep.id(), ended.result().trial(), ended.result().outcome());
    } else if (event instanceof SweepEvent.SweepEnded) {
      metrics.live().forget(sweep.id());
      seal(sweep.id());
    }
    show(sweep);
  }

  @Override
  public void journaled(Duration took) {
    metrics.exposed().journaled(took);
  }

  private void seal(SweepId sweep) {
    metrics
        .store()
        .seal(sweep)
        .whenComplete(
            (done, problem) -> {
              if (problem != null) {
                LOG.warn("metric files of {} are not sealed", sweep, problem);
              }
            });
  }

  private void show(Sweep sweep) {
    Optional<SweepSpec> spec = read.computeIfAbsent(sweep.id(), id -> spec(sweep));
    if (sweep.isUnfinished()) {
      metrics.exposed().sweepChanged(sweep.id(), () -> standing(sweep, spec));
    } else {
      metrics.exposed().sweepEnded(sweep.id(), () -> standing(sweep, spec));
      read.remove(sweep.id());
    }
  }

  private Optional<SweepSpec> spec(Sweep sweep) {
    try {
      return Optional.of(specs.read(sweep.origin()));
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private SweepStanding standing(Sweep sweep, Optional<SweepSpec> spec) {
    SweepView view = specs.view(sweep, spec);
    Map<String, Long> branches =
        sweep.branches().stream()
            .filter(progress -> !progress.hasEnded())
            .collect(Collectors.groupingBy(Exposition::state, Collectors.counting()));
    return new SweepStanding(
        view.state().name().toLowerCase(Locale.ROOT),
        branches,
        sweep.wantedSlots(),
        DeviceUse.seconds(sweep),
        Savings.of(view).saved(),
        leaders(view));
  }

  private static String state(BranchProgress progress) {
    return progress.current().isPresent()
        ? "leased"
        : progress.rest().isPresent() ? "resting" : "waiting";
  }

  private static List<SweepStanding.Leader> leaders(SweepView view) {
    String metric = view.objective().metric();
    List<TrialView> ranked = view.trials().stream().filter(t -> t.rank().isPresent()).toList();
    return Ranking.order(view.objective(), ranked).stream()
        .limit(LEADERS)
        .map(
            trial ->
                new SweepStanding.Leader(
                    trial.config().id(), Ranking.value(metric, trial).orElse(Double.NaN)))
        .toList();
  }

  private void started(Sweep sweep, BranchProgress progress) {
    for (Branch.Milestone milestone : progress.branch().milestones()) {
      if (progress.isOpen(milestone.trial())) {
        metrics
            .exposed()
            .trialStarted(
                sweep.id(),
                milestone.trial(),
                progress.id(),
                progress.branch().config(milestone),
                milestone.update());
      }
    }
  }
}
