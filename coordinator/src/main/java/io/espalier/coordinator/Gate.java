package io.espalier.coordinator;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.coordinator.journal.Term;
import io.espalier.coordinator.metrics.MetricsGate;
import io.espalier.coordinator.sweep.Report;
import io.espalier.coordinator.sweep.SweepActor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** Asks the sweeps on behalf of the metrics ingest, which opens before they are there. */
final class Gate implements MetricsGate {
  private final CompletableFuture<Actors> actors = new CompletableFuture<>();
  private final Term term;

  Gate(Term term) {
    this.term = term;
  }

  void open(Actors started) {
    actors.complete(started);
  }

  @Override
  public boolean lasts() {
    return term.lasts();
  }

  @Override
  public CompletionStage<Boolean> current(Lease.Key lease) {
    return actors
        .thenCompose(
            there ->
                there.<Boolean>ask(
                    lease.sweep(), replyTo -> new SweepActor.AskCurrent(lease, replyTo)))
        .thenApply(answer -> answer.orElse(false));
  }

  @Override
  public CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> evaluations) {
    List<Report> reports =
        evaluations.stream()
            .filter(row -> row.measurement() instanceof Measurement.Evaluation)
            .map(row -> Report.of(row, (Measurement.Evaluation) row.measurement()))
            .toList();
    return actors
        .thenCompose(
            there ->
                there.<Done>ask(
                    lease.sweep(), replyTo -> new SweepActor.Evaluated(lease, reports, replyTo)))
        .thenApply(done -> null);
  }
}
