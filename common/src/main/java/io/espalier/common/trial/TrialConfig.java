package io.espalier.common.trial;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One point of the search space, fully resolved.
 *
 * @param id its place in the sweep
 * @param point the keys of {@code search.space} in the spec's order with this trial's values as
 *     text ({@code learning_rate → "1e-3"}): what tables show
 * @param training every hyperparameter, the point's values applied
 */
public record TrialConfig(TrialId id, Map<String, String> point, Training training) {
  public TrialConfig {
    point = Collections.unmodifiableMap(new LinkedHashMap<>(point));
  }

  /** A point on a line: {@code learning_rate=1e-3 num_train_epochs=10}. */
  public static String text(Map<String, String> point) {
    return point.entrySet().stream()
        .map(value -> value.getKey() + "=" + value.getValue())
        .collect(Collectors.joining(" "));
  }
}
