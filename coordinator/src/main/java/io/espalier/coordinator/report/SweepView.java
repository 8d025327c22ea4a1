package io.espalier.coordinator.report;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A sweep as people see it at one moment; also kept as {@code sweep.json} in the sweep's directory.
 *
 * @param problem why it failed or was stopped
 * @param settings what all its trials share beside their own configurations, every default filled
 *     in; absent where the spec can no longer be read
 * @param dataset absent until a worker has read the data
 * @param trials by number
 * @param warnings what its user should look into: workers that cannot train it
 * @param extended when it last went on after it had ended
 */
public record SweepView(
    SweepId id,
    State state,
    Optional<String> problem,
    ObjectiveSpec objective,
    Optional<TaskSettings> settings,
    Instant submitted,
    Optional<Instant> ended,
    Optional<DatasetSummary> dataset,
    List<TrialView> trials,
    List<String> warnings,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Extension> extended) {
  @JsonCreator
  public SweepView {
    trials = List.copyOf(trials);
    // Earlier versions wrote none.
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
    extended = extended == null ? Optional.empty() : extended;
  }

  /** Of one that was never extended. */
  public SweepView(
      SweepId id,
      State state,
      Optional<String> problem,
      ObjectiveSpec objective,
      Optional<TaskSettings> settings,
      Instant submitted,
      Optional<Instant> ended,
      Optional<DatasetSummary> dataset,
      List<TrialView> trials,
      List<String> warnings) {
    this(
        id,
        state,
        problem,
        objective,
        settings,
        submitted,
        ended,
        dataset,
        trials,
        warnings,
        Optional.empty());
  }

  /** The same without trials that went on from others', whose values are not all they had. */
  public SweepView fromTheStart() {
    return new SweepView(
        id,
        state,
        problem,
        objective,
        settings,
        submitted,
        ended,
        dataset,
        trials.stream().filter(trial -> trial.continues().isEmpty()).toList(),
        warnings,
        extended);
  }

  /**
   * A sweep's going on after its end.
   *
   * @param trials how many there were then
   */
  public record Extension(Instant time, int trials) {}

  /** When what it does now, or did last, began. */
  public Instant began() {
    return extended.map(Extension::time).orElse(submitted);
  }

  /** Where a sweep stands. */
  public enum State {
    PREPARING,
    RUNNING,
    PAUSED,
    COMPLETED,
    STOPPED,
    FAILED;

    public boolean ended() {
      return this == COMPLETED || this == STOPPED || this == FAILED;
    }
  }
}
