package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** What the ingest asks of whoever decides. Called from Flight's threads; must not block. */
public interface MetricsGate {
  /**
   * Whether nobody else can have begun to take rows: what was stored until now will be found by
   * whoever comes next.
   */
  boolean lasts();

  /** Those of the leases whose rows count: they are their branches' current attempts. */
  CompletionStage<Set<Lease.Key>> current(Set<Lease.Key> leases);

  /**
   * Evaluation rows of one lease, ascending by sequence, each given once or more.
   *
   * @return completes once they are journaled
   */
  CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> evaluations);
}
