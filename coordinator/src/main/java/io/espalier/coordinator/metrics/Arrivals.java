package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import java.util.List;

/** Told of rows as they come in from workers; must not block. */
interface Arrivals {
  /**
   * @param rows of one lease, new, at least one, not yet durable
   */
  void taken(List<MetricRow> rows);

  /**
   * @param rows how many of an attempt that no longer counts
   */
  void refused(int rows);
}
