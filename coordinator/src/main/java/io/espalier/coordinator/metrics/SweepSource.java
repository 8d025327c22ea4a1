package io.espalier.coordinator.metrics;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

/**
 * What the readers of measurements are told of sweeps. Nothing here blocks its caller; stages fail
 * with a {@link io.espalier.common.UserError} where there is no such sweep.
 */
public interface SweepSource {
  /** Oldest first. */
  CompletionStage<List<SweepSummary>> sweeps();

  CompletionStage<SweepView> sweep(SweepId sweep);

  /** What is journaled of a sweep, oldest first. */
  CompletionStage<List<Event>> events(SweepId sweep);

  /**
   * What happened to a sweep.
   *
   * @param sequence from 1
   * @param name in the journal: {@code trial-ended}
   * @param trial whose it is, where it is one trial's
   * @param detail all of it as JSON
   */
  record Event(long sequence, Instant time, String name, OptionalInt trial, String detail) {}
}
