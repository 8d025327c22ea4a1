package io.espalier.coordinator.api;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.Route;

/** More trials, as they are asked for: by key of {@code training} its other values. */
record Extension(Map<String, List<String>> values) {
  private static final String SHAPE = "{\"values\": {\"learning_rate\": [\"3e-4\", \"1e-3\"]}}";

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
                    .thenCompose(asked -> backend.extend(sweep, trial, asked.values()))));
  }
}
