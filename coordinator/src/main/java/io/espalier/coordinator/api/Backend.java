package io.espalier.coordinator.api;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.access.Caller;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.report.AnswerView;
import io.espalier.coordinator.report.Charts;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialDetails;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.report.WorkerView;
import io.espalier.coordinator.sweep.BudgetChange;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.coordinator.sweep.Rating;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What the routes ask of the coordinator. Nothing here blocks its caller. Stages fail with {@link
 * Refused}, or another {@link io.espalier.common.UserError} where the request is wrong.
 */
public interface Backend {
  /** The same, for this caller: who wanted what is journaled with it. */
  Backend askedBy(Caller caller);

  /**
   * Begins a sweep.
   *
   * @param key two submissions with the same one begin one sweep
   * @return completes once it is journaled; fails with all that is wrong with the specification
   */
  CompletionStage<SweepId> submit(Submission submission, Optional<String> key);

  /** Oldest first. */
  CompletionStage<List<SweepSummary>> sweeps();

  CompletionStage<SweepView> sweep(SweepId sweep);

  /**
   * Deletes a sweep that has ended, with all its files.
   *
   * @return the bytes that became free; fails while it has not ended
   */
  CompletionStage<Long> remove(SweepId sweep);

  /**
   * Deletes the exact checkpoints of a sweep that has ended: nothing of it is to go on. Completes
   * with the bytes that they had.
   */
  CompletionStage<Long> removeCheckpoints(SweepId sweep);

  /** Completes once the wish is journaled; too late when the sweep has ended. */
  CompletionStage<SweepView> stop(SweepId sweep);

  /**
   * Lets nothing of a sweep be trained until it is resumed; what trains leaves a checkpoint after
   * its present update. Completes once it is journaled; too late when the sweep has ended.
   */
  CompletionStage<SweepView> pause(SweepId sweep);

  /** Lets a sweep go on. */
  CompletionStage<SweepView> resume(SweepId sweep);

  /**
   * Adds trials to a sweep, also to one that has ended: what was tried, with some keys at other
   * values.
   *
   * @return completes once they are journaled; fails when the values make none
   */
  CompletionStage<SweepView> extend(SweepId sweep, MoreTrials more);

  /** Changes what a sweep may use. Completes once it is journaled. */
  CompletionStage<SweepView> changeBudget(SweepId sweep, BudgetChange change);

  /**
   * Has trained again what failed or was stopped, also of a sweep that has ended.
   *
   * @param trial the only one that is meant; absent for all
   * @return completes once it is journaled; fails when there is none
   */
  CompletionStage<SweepView> retry(SweepId sweep, Optional<TrialId> trial);

  CompletionStage<TrialView> trial(SweepId sweep, TrialId trial);

  /** Completes once the wish is journaled; too late when the trial has ended. */
  CompletionStage<TrialView> stop(SweepId sweep, TrialId trial);

  /** Completes once it is journaled; replaces an earlier one of the same metric. */
  CompletionStage<TrialView> rate(SweepId sweep, TrialId trial, Rating rating);

  /** The newest update of each branch in training. */
  List<LiveUpdate> live(SweepId sweep);

  /**
   * The curves of a sweep's best trials and of some others; some seconds old where they are many.
   */
  CompletionStage<Charts> curves(SweepId sweep);

  /** All there is to see of a trial. */
  CompletionStage<TrialDetails> details(SweepId sweep, TrialId trial);

  /** Every measurement of a sweep. */
  CompletionStage<Export> metrics(SweepId sweep, MetricExport.Format format);

  /** What each attempt at a trial's branch logged, oldest first. */
  CompletionStage<List<AttemptLog>> log(SweepId sweep, TrialId trial);

  /** What a trial that has ended answered to some questions, and the base model before it. */
  CompletionStage<List<AnswerView>> answers(SweepId sweep, TrialId trial);

  /** The files of a trial's adapter, by name; fails when it has none. */
  CompletionStage<List<AdapterFile>> adapter(SweepId sweep, TrialId trial);

  CompletionStage<List<WorkerView>> workers();

  /** Lets a worker out of its quarantine, if it is in one; how it stands then. */
  CompletionStage<WorkerView> release(WorkerId worker);

  /** Deletes uploads that no sweep needs. Completes with the bytes that became free. */
  CompletionStage<Long> removeFiles();

  /** Whether content with this SHA-256 was uploaded. */
  CompletionStage<Boolean> hasFile(String sha256);

  /**
   * Keeps uploaded content.
   *
   * @param bytes read to its end and closed
   * @return whether it is new; fails when the content has another SHA-256
   */
  CompletionStage<Boolean> keepFile(String sha256, InputStream bytes);

  /** Writes what was asked for; blocks. */
  @FunctionalInterface
  interface Export {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * The log of one attempt.
   *
   * @param file where a worker writes it
   */
  record AttemptLog(Attempt attempt, Path file) {}

  /**
   * A file of an adapter.
   *
   * @param bytes its size
   */
  record AdapterFile(String name, long bytes, Path file) {}
}
