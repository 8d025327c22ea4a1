package io.espalier.worker.node;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Checkpoint;
import io.espalier.worker.metrics.WorkerMetrics;
import io.espalier.worker.train.BranchListener;
import java.time.Clock;
import java.time.Duration;

/**
 * Passes on what one lease's branch tells, on the thread that trains it: rows to the coordinator,
 * counts to the worker's own metrics.
 *
 * @param onLeft run after the branch has left a checkpoint
 */
record LeaseListener(
    Lease lease,
    HeldLease held,
    MetricsSender metrics,
    WorkerMetrics exposed,
    Clock clock,
    Runnable onLeft)
    implements BranchListener {

  @Override
  public void measured(
      long update, double epoch, long samples, long tokens, Measurement measurement) {
    metrics.send(
        new MetricRow(
            lease.sweep(),
            lease.branch().id(),
            lease.attempt(),
            held.nextSequence(),
            update,
            epoch,
            samples,
            tokens,
            clock.instant(),
            measurement));
    if (measurement instanceof Measurement.Update) {
      exposed.updated();
    }
  }

  @Override
  public void saved(double seconds) {
    exposed.saved(seconds);
  }

  @Override
  public void checkpointWritten(Duration took, long bytes) {
    exposed.checkpointWritten(took, bytes);
  }

  @Override
  public void checkpointFailed() {
    exposed.checkpointFailed();
  }

  @Override
  public void evaluated(Duration took) {
    exposed.evaluated(took);
  }

  @Override
  public void left(Checkpoint checkpoint) {
    held.checkpoints().add(new LeftCheckpoints.Left(lease.key(), checkpoint, held.lastSequence()));
    onLeft.run();
  }
}
