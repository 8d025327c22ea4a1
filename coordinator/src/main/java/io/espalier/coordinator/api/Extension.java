package io.espalier.coordinator.api;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.sweep.MoreTrials;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.Route;

/** More trials, as they are asked for: by key of {@code training} its other values. */
record Extension(Map<String, List<String>> values, Optional<Boolean> fromCheckpoint) {
  private static final String SHAPE =
      "{\"values\": {\"learning_rate\": [\"3e-4\", \"1e-3\"]}}; for a clone also \"fromCheckpoint\": true";

  Extension {
    // What is null is no value of any key, and told as such.
    values.replaceAll((key, several) -> several.stream().map(String::valueOf).toList());
  }

  /**
   * @param trial the only one of which there shall be others; absent for all
   */
  static Route route(Backend backend, SweepId sweep, Optional<TrialId> trial) {
    return Answers.withBody(
        body ->
            Answers.json(
                StatusCodes.ACCEPTED,
                body.json(Extension.class, SHAPE)
                    .thenCompose(asked -> backend.extend(sweep, asked.of(trial)))));
  }

  private MoreTrials of(Optional<TrialId> trial) {
    boolean goesOn = fromCheckpoint.orElse(false);
    if (goesOn && trial.isEmpty()) {
      throw new Refused(
          Refused.Reason.INVALID, "Only a clone of one trial can go on from its checkpoint.");
    }
    return new MoreTrials(trial, values, goesOn);
  }
}
