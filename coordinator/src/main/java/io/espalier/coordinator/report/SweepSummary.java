package io.espalier.coordinator.report;

import static java.util.Objects.requireNonNull;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A sweep in a list of sweeps.
 *
 * @param problem why it failed or was stopped
 * @param trials how many there are; 0 until a worker has read the data
 * @param endedTrials how many of them have ended, however
 * @param best of the trials trained to their end
 */
public record SweepSummary(
    SweepId id,
    SweepView.State state,
    Optional<String> problem,
    Instant submitted,
    Optional<Instant> ended,
    int trials,
    int endedTrials,
    Optional<Best> best) {
  public SweepSummary {
    requireNonNull(id, "id is null");
    requireNonNull(state, "state is null");
    requireNonNull(submitted, "submitted is null");
  }

  /**
   * The trial that ranks first.
   *
   * @param metric of the sweep's objective
   */
  public record Best(TrialId trial, String metric, double value) {}

  public static SweepSummary of(SweepView view) {
    return new SweepSummary(
        view.id(),
        view.state(),
        view.problem(),
        view.submitted(),
        view.ended(),
        view.trials().size(),
        (int) view.trials().stream().filter(trial -> trial.result().isPresent()).count(),
        Ranking.best(view.objective(), view.trials()).flatMap(trial -> best(view, trial)));
  }

  private static Optional<Best> best(SweepView view, TrialView trial) {
    String metric = view.objective().metric();
    OptionalDouble value = Ranking.value(metric, trial);
    return value.isPresent()
        ? Optional.of(new Best(trial.config().id(), metric, value.getAsDouble()))
        : Optional.empty();
  }
}
