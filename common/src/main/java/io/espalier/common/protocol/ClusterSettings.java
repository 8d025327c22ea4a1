package io.espalier.common.protocol;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The settings by which a node decides who is gone. Nodes that differ in them would part a broken
 * cluster differently; joining compares only some of them.
 *
 * @param values by full key
 */
public record ClusterSettings(Map<String, String> values) {
  /** The role of the nodes that can coordinate. */
  public static final String COORDINATOR = "coordinator";

  private static final List<String> ALIKE =
      List.of(
          "pekko.cluster.downing-provider-class",
          "pekko.cluster.split-brain-resolver.active-strategy",
          "pekko.cluster.split-brain-resolver.stable-after",
          "pekko.cluster.split-brain-resolver.down-all-when-unstable",
          "pekko.cluster.split-brain-resolver.keep-majority.role");

  public ClusterSettings {
    values = Collections.unmodifiableMap(new TreeMap<>(values));
  }

  /** Those of an actor system. */
  public static ClusterSettings of(Config config) {
    Map<String, String> values = new TreeMap<>();
    for (String key : ALIKE) {
      ConfigValue value = config.getValue(key);
      values.put(key, String.valueOf(value.unwrapped()));
    }
    return new ClusterSettings(values);
  }

  /** Each key that differs, with this value and the other; empty when both are alike. */
  public List<String> differences(ClusterSettings other) {
    TreeSet<String> keys = new TreeSet<>(values.keySet());
    keys.addAll(other.values.keySet());
    return keys.stream()
        .filter(key -> !Objects.equals(values.get(key), other.values.get(key)))
        .map(
            key ->
                "%s is %s here and %s there"
                    .formatted(
                        key,
                        values.getOrDefault(key, "unset"),
                        other.values.getOrDefault(key, "unset")))
        .toList();
  }
}
