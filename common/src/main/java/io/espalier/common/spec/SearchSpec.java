package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which points are tried.
 *
 * @param trials how many, where they are drawn
 * @param seed of the draws: a random one is a pure hash of (seed, trial, key)
 * @param space key of {@code training} to its candidates, in the spec's order
 * @param automaticAccumulation whether each trial's accumulation follows from its batch size
 *     ({@code gradient_accumulation_steps: auto})
 * @param points what {@link Method#POINTS} tries, values by key
 * @param conditions keys of the space that only some points have
 * @param constraints what all points must be like; others are left out
 * @param rateScaling how learning rates follow the batch, where they do
 * @param repeats seeds that each point is trained with, ≥ 1
 * @param skipDominated whether a point is not tried once a lower learning rate with the same other
 *     values has come apart; else it is tried last
 */
public record SearchSpec(
    Method method,
    int trials,
    long seed,
    Map<String, Candidates> space,
    boolean automaticAccumulation,
    List<Map<String, String>> points,
    Map<String, Condition> conditions,
    List<PointRule> constraints,
    Optional<RateScaling> rateScaling,
    int repeats,
    boolean skipDominated) {
  /** The key of {@code training} that repeats differ in. */
  public static final String SEED = "seed";

  public SearchSpec {
    space = Collections.unmodifiableMap(new LinkedHashMap<>(space));
    points = List.copyOf(points);
    conditions = Map.copyOf(conditions);
    constraints = List.copyOf(constraints);
  }

  /** All points of a space as they are. */
  public SearchSpec(
      Method method,
      int trials,
      long seed,
      Map<String, Candidates> space,
      boolean automaticAccumulation) {
    this(
        method,
        trials,
        seed,
        space,
        automaticAccumulation,
        List.of(),
        Map.of(),
        List.of(),
        Optional.empty(),
        1,
        false);
  }

  /**
   * How many trials it makes at most: constraints, conditions and duplicates leave some out. {@link
   * Long#MAX_VALUE} for more than a long can count.
   */
  public long size() {
    long points =
        switch (method) {
          case GRID -> cells();
          case POINTS -> this.points.size();
          case RANDOM, HALTON, SOBOL, TPE -> trials;
        };
    return points > Long.MAX_VALUE / repeats ? Long.MAX_VALUE : points * repeats;
  }

  private long cells() {
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

  /** Whether {@link #size} is what it makes, and no bound. */
  public boolean exact() {
    return method != Method.GRID || (conditions.isEmpty() && constraints.isEmpty());
  }

  /**
   * A key is there only where another has one of some values.
   *
   * @param key of the space, written before
   */
  public record Condition(String key, List<String> values) {
    public Condition {
      values = List.copyOf(values);
    }

    /** Whether a point, as far as it is made, has such a value. */
    public boolean holds(Map<String, String> point) {
      return Optional.ofNullable(point.get(key))
          .filter(has -> values.stream().anyMatch(value -> same(value, has)))
          .isPresent();
    }
  }

  /** Whether two values are the same, however they are written. */
  static boolean same(String left, String right) {
    return left.equals(right)
        || (ValueType.Decimal.isNumber(left)
            && ValueType.Decimal.isNumber(right)
            && Double.parseDouble(left) == Double.parseDouble(right));
  }

  /**
   * How a learning rate, written for the smallest effective batch of the sweep, becomes that of a
   * batch κ times as large.
   */
  public enum RateScaling {
    /** κ times: the linear scaling rule of SGD (Goyal et al. 2017). */
    LINEAR,
    /** √κ times: that of Adam (Malladi et al. 2022). */
    SQRT,
    /** As the trial's optimizer has it. */
    AUTO;

    /**
     * @param larger κ
     * @param sgd whether the optimizer is SGD
     */
    public double factor(double larger, boolean sgd) {
      return this == LINEAR || (this == AUTO && sgd) ? larger : Math.sqrt(larger);
    }
  }

  /** How points are chosen from the space. */
  public enum Method {
    GRID,
    RANDOM,
    POINTS,
    HALTON,
    SOBOL,
    /** Learns from the trials that have ended. */
    TPE;

    /** Whether it makes as many points as it is asked for. */
    public boolean draws() {
      return this == RANDOM || this == HALTON || this == SOBOL || this == TPE;
    }
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
