package io.espalier.common.spec;

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
 */
public record SearchSpec(Method method, int trials, long seed, Map<String, Candidates> space) {
  public SearchSpec {
    space = Collections.unmodifiableMap(new LinkedHashMap<>(space));
  }

  /** How points are chosen from the space. */
  public enum Method {
    GRID,
    RANDOM
  }

  /** The values one key may take. */
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
