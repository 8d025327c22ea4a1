package io.espalier.worker.train;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.trial.Checkpoint;
import java.time.Duration;

/**
 * Told of a branch's measurements as they are made, on the device's thread; must not block for
 * long.
 */
@FunctionalInterface
public interface BranchListener {
  /**
   * @param update from 1
   * @param epoch epochs done, fractional
   * @param samples rows trained on so far
   * @param tokens tokens trained on so far, padding not counted
   */
  void measured(long update, double epoch, long samples, long tokens, Measurement measurement);

  /** A checkpoint is in the store; all that was measured up to it has been told before. */
  default void left(Checkpoint checkpoint) {}

  /** A checkpoint of so many bytes was written. */
  default void checkpointWritten(Duration took, long bytes) {}

  /** One could not be written. */
  default void checkpointFailed() {}

  /** The pack it is in was faster by so many seconds than its branches one after another. */
  default void saved(double seconds) {}

  /** It was evaluated. */
  default void evaluated(Duration took) {}
}
