package io.espalier.coordinator.report;

import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.TrialConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a trial is trained with, as people write it. Pure. */
public final class Configuration {
  private Configuration() {}

  /** Every hyperparameter; those of the search space as they were written there. */
  public static Map<String, String> of(TrialConfig config) {
    var all = new LinkedHashMap<>(Hyperparameters.of(config.training()).texts());
    all.replaceAll((key, value) -> asWritten(value));
    all.putAll(config.point());
    return all;
  }

  /** Java's {@code 1.0E-8} and {@code 32.0} as people write them, to the same digits. */
  private static String asWritten(String value) {
    return value.matches("-?\\d+\\.\\d+(E-?\\d+)?")
        ? value.replaceFirst("\\.0(?=E|$)", "").replace('E', 'e')
        : value;
  }
}
