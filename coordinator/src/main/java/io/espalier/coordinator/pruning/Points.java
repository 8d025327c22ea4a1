package io.espalier.coordinator.pruning;

import io.espalier.common.spec.ObjectiveSpec.Constraint;
import io.espalier.common.spec.PruningSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts together what is told of one update: the pruner's metric and those that constraints bound.
 * They may arrive apart; a point is there once all of them are.
 */
public record Points(PruningSpec spec) {

  /**
   * One metric's value.
   *
   * @param name {@code <set>_<metric>}
   */
  public record Measured(long update, long samples, String name, double value) {}

  /** Whether a metric is one of those. */
  public boolean need(String name) {
    return name.equals(spec.metric())
        || spec.constraints().stream().anyMatch(constraint -> constraint.metric().equals(name));
  }

  /** The points that are whole, in the order in which their updates were first told of. */
  public List<Curve.Point> of(Collection<Measured> told) {
    Map<Long, Map<String, Measured>> byUpdate = new LinkedHashMap<>();
    for (Measured one : told) {
      if (need(one.name())) {
        byUpdate.computeIfAbsent(one.update(), key -> new LinkedHashMap<>()).put(one.name(), one);
      }
    }
    List<Curve.Point> points = new ArrayList<>();
    byUpdate.values().forEach(values -> point(values).ifPresent(points::add));
    return points;
  }

  private Optional<Curve.Point> point(Map<String, Measured> values) {
    Measured own = values.get(spec.metric());
    if (own == null) {
      return Optional.empty();
    }
    List<String> broken = new ArrayList<>();
    for (Constraint constraint : spec.constraints()) {
      Measured bounded = values.get(constraint.metric());
      if (bounded == null) {
        return Optional.empty();
      }
      constraint.brokenBy(bounded.value()).ifPresent(broken::add);
    }
    return Optional.of(new Curve.Point(own.update(), own.samples(), own.value(), broken));
  }
}
