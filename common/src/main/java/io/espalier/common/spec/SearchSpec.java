package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which points are tried.
 *
 * @param trials how many, for random search
 * @param seed of random search: a draw is a pure hash of (seed, trial, key)
 * @param space key of {@code training} to its candidates, in the spec's order
 * @param automaticAccumulation whether each trial's accumulation follows from its batch size
 *     ({@code gradient_accumulation_steps: auto})
 */
public record SearchSpec(
    Method method,
    int trials,
    long seed,
    Map<String, Candidates> space,
    boolean automaticAccumulation) {
  public SearchSpec {
    space = Collections.unmodifiableMap(new LinkedHashMap<>(space));
  }

  /** How many trials it makes; {@link Long#MAX_VALUE} for more than a long can count. */
  public long size() {
    if (method == Method.RANDOM) {
      return trials;
    }
    long cells = 1;
    for (Candidates candidates : space.values()) {
      int values = candidates instanceof Candidates.Values listed ? listed.values().size() : 1;
      if (cells > Long.MAX_VALUE / values) {
        return Long.MAX_VALUE;
      }
      cells *= values;
    }
    return cells;
  }

  /** How points are chosen from the space. */
  public enum Method {
    GRID,
    RANDOM
  }

  /** The values one key may take. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Candidates.Values.class, name = "values"),
    @JsonSubTypes.Type(value = Candidates.Uniform.class, name = "uniform"),
    @JsonSubTypes.Type(value = Candidates.LogUniform.class, name = "log-uniform"),
    @JsonSubTypes.Type(value = Candidates.IntRange.class, name = "int")
  })
  public sealed interface Candidates {
    /** A list of scalars as written: {@code [1e-3, 1e-4]} or {@code {choice: […]}}. */
    record Values(List<String> values) implements Candidates {
      public Values {
        values = List.copyOf(values);
      }
    }

    /** Uniform in [low, high). */
    record Uniform(double low, double high) implements Candidates {}

    /** Uniform in the logarithm, in [low, high). */
    record LogUniform(double low, double high) implements Candidates {}

    /** Whole numbers from low to high, both included. */
    record IntRange(long low, long high) implements Candidates {}
  }
}
