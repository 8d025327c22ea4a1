package io.espalier.coordinator.sweep;

import io.espalier.common.trial.TrialId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trials that a sweep shall have beyond its own.
 *
 * @param trial the only one of which there shall be others; absent for all
 * @param values other values of some keys of {@code training}, for what was tried of all others
 * @param fromCheckpoint whether they go on from where that trial stands instead of from the start
 */
public record MoreTrials(
    Optional<TrialId> trial, Map<String, List<String>> values, boolean fromCheckpoint) {
  public MoreTrials {
    // Trials are numbered by the order of the keys.
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    if (fromCheckpoint && trial.isEmpty()) {
      throw new IllegalArgumentException("only what is made of one trial goes on from its place");
    }
  }

  /** As the journal names the wish. */
  String word() {
    return trial.isPresent() ? "clone" : "extend";
  }
}
