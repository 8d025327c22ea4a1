package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What one branch has reported of the pruner's metric.
 *
 * @param points at most one for an update; their order says nothing
 * @param stoppedAt the update at which the pruner gave the branch up: what it reported after that,
 *     before the message reached it, counts for nothing
 * @param completed whether the branch trained to its end
 */
public record Curve(List<Point> points, OptionalLong stoppedAt, boolean completed) {
  public static final Curve EMPTY = new Curve(List.of(), OptionalLong.empty(), false);

  public Curve {
    points = List.copyOf(points);
  }

  /**
   * One report.
   *
   * @param samples rows trained on so far
   * @param value may be NaN or infinite
   * @param broken what it breaks of the objective's constraints, in words
   */
  public record Point(long update, long samples, double value, List<String> broken) {
    public Point {
      broken = List.copyOf(broken);
    }

    double cost(Mode mode) {
      return Cost.of(value, mode, !broken.isEmpty());
    }

    /** As sentences have it. */
    String text() {
      return Numbers.text(value)
          + (broken.isEmpty() ? "" : " (%s)".formatted(String.join(", ", broken)));
    }
  }

  /** The first point at or after so many samples. */
  Optional<Point> at(long samples) {
    return points.stream()
        .filter(point -> point.samples() >= samples)
        .filter(point -> stoppedAt.isEmpty() || point.update() <= stoppedAt.getAsLong())
        .min(Comparator.comparingLong(Point::samples));
  }
}
