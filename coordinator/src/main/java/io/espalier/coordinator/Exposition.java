package io.espalier.coordinator;

import io.espalier.common.trial.Branch;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows what happens to sweeps where measurements are shown. */
record Exposition(MetricsService metrics) implements Surroundings.Observer {
  private static final Logger LOG = LoggerFactory.getLogger(Exposition.class);

  @Override
  public void recovered(Sweep sweep) {
    sweep.branches().stream()
        .filter(progress -> progress.current().isPresent())
        .forEach(progress -> started(sweep, progress));
  }

  @Override
  public void happened(Sweep sweep, SweepEvent event) {
    if (event instanceof SweepEvent.Leased leased) {
      started(sweep, sweep.branches().get(leased.branch()));
    } else if (event instanceof SweepEvent.TrialEnded ended) {
      metrics.exposed().trialEnded(sweep.id(), ended.result().trial(), ended.result().outcome());
    } else if (event instanceof SweepEvent.SweepEnded) {
      metrics.live().forget(sweep.id());
      metrics
          .store()
          .seal(sweep.id())
          .whenComplete(
              (done, problem) -> {
                if (problem != null) {
                  LOG.warn("metric files of {} are not sealed", sweep.id(), problem);
                }
              });
    }
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
