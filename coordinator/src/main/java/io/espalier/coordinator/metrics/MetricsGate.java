package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the ingest asks of whoever decides. Called from Flight's threads; must not block. */
public interface MetricsGate {
  /**
   * Whether nobody else can have begun to take rows: what was stored until now will be found by
   * whoever comes next.
   */
  boolean lasts();

  /** Whether rows of this lease count: it is the branch's current attempt. */
  CompletionStage<Boolean> current(Lease.Key lease);

  /**
   * Evaluation rows of one lease, ascending by sequence, each given once or more.
   *
   * @return completes once they are journaled
   */
  CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> evaluations);
}
