package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * What a worker reports of a trial that ended.
 *
 * @param updates updates applied
 * @param samples rows trained on
 * @param tokens tokens trained on, padding not counted
 * @param trainLoss token mean over the last epoch begun; absent when no update was applied
 * @param metrics the final evaluation: {@code eval_loss}, {@code retention_accuracy}, …; empty when
 *     the trial was ended early
 * @param seconds of the device: of each pass that trained the trial its wall time, evaluations
 *     within it too, divided by the branches that shared the pass; waiting for a slot is not in it
 * @param adapter directory of the exported adapter, relative to the sweep's directory in the store
 * @param provenance absent when no worker trained the trial
 * @param resampled the objective as other draws of its set's rows would have it, the same draws for
 *     every trial: their differences say what chance the rows leave; empty where it was not
 *     measured
 * @param checkpoint where it stood at its end, exactly; absent where that was not kept
 */
public record TrialResult(
    TrialId trial,
    Outcome outcome,
    long updates,
    double epochs,
    long samples,
    long tokens,
    OptionalDouble trainLoss,
    Map<String, Double> metrics,
    double seconds,
    Optional<String> adapter,
    Optional<Provenance> provenance,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> resampled,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Checkpoint> checkpoint) {
  @JsonCreator
  public TrialResult {
    // Earlier versions wrote neither.
    checkpoint = checkpoint == null ? Optional.empty() : checkpoint;
    resampled = resampled == null ? List.of() : List.copyOf(resampled);
    metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
  }

  /** Of one whose rows are not drawn anew, and of which no checkpoint is kept. */
  public TrialResult(
      TrialId trial,
      Outcome outcome,
      long updates,
      double epochs,
      long samples,
      long tokens,
      OptionalDouble trainLoss,
      Map<String, Double> metrics,
      double seconds,
      Optional<String> adapter,
      Optional<Provenance> provenance) {
    this(
        trial,
        outcome,
        updates,
        epochs,
        samples,
        tokens,
        trainLoss,
        metrics,
        seconds,
        adapter,
        provenance,
        List.of(),
        Optional.empty());
  }

  /** What another trial that did the same reports. */
  public TrialResult of(TrialId other) {
    return with(other, outcome, metrics, adapter, checkpoint);
  }

  /** The same, of which no checkpoint is kept. */
  public TrialResult withoutCheckpoint() {
    return with(trial, outcome, metrics, adapter, Optional.empty());
  }

  /** The same, its adapter at another place. */
  public TrialResult withAdapter(String directory) {
    return with(trial, outcome, metrics, Optional.of(directory), checkpoint);
  }

  /** The same, ended otherwise. */
  public TrialResult withOutcome(Outcome other) {
    return with(trial, other, metrics, adapter, checkpoint);
  }

  /** The same with more metrics; they replace those of the same name. */
  public TrialResult withMetrics(Map<String, Double> more) {
    Map<String, Double> all = new TreeMap<>(metrics);
    all.putAll(more);
    return with(trial, outcome, all, adapter, checkpoint);
  }

  private TrialResult with(
      TrialId whose,
      Outcome how,
      Map<String, Double> measured,
      Optional<String> directory,
      Optional<Checkpoint> kept) {
    return new TrialResult(
        whose,
        how,
        updates,
        epochs,
        samples,
        tokens,
        trainLoss,
        measured,
        seconds,
        directory,
        provenance,
        resampled,
        kept);
  }
}
