package io.espalier.coordinator.report;

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
    List<String> warnings) {
  public SweepView {
    trials = List.copyOf(trials);
    // Earlier versions wrote none.
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
  }

  /** Where a sweep stands. */
  public enum State {
    PREPARING,
    RUNNING,
    COMPLETED,
    STOPPED,
    FAILED;

    public boolean ended() {
      return this == COMPLETED || this == STOPPED || this == FAILED;
    }
  }
}
