package io.espalier.common.trial;

import java.util.Collections;
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
    Optional<Provenance> provenance) {
  public TrialResult {
    metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
  }

  /** What another trial that did the same reports. */
  public TrialResult of(TrialId other) {
    return new TrialResult(
        other,
        outcome,
        updates,
        epochs,
        samples,
        tokens,
        trainLoss,
        metrics,
        seconds,
        adapter,
        provenance);
  }

  /** The same, its adapter at another place. */
  public TrialResult withAdapter(String directory) {
    return new TrialResult(
        trial,
        outcome,
        updates,
        epochs,
        samples,
        tokens,
        trainLoss,
        metrics,
        seconds,
        Optional.of(directory),
        provenance);
  }

  /** The same, ended otherwise. */
  public TrialResult withOutcome(Outcome other) {
    return new TrialResult(
        trial,
        other,
        updates,
        epochs,
        samples,
        tokens,
        trainLoss,
        metrics,
        seconds,
        adapter,
        provenance);
  }

  /** The same with more metrics; they replace those of the same name. */
  public TrialResult withMetrics(Map<String, Double> more) {
    Map<String, Double> all = new TreeMap<>(metrics);
    all.putAll(more);
    return new TrialResult(
        trial,
        outcome,
        updates,
        epochs,
        samples,
        tokens,
        trainLoss,
        all,
        seconds,
        adapter,
        provenance);
  }
}
