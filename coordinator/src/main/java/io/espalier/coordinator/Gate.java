package io.espalier.coordinator;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.journal.Term;
import io.espalier.coordinator.metrics.MetricsGate;
import io.espalier.coordinator.sweep.Report;
import io.espalier.coordinator.sweep.SweepActor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
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
  public CompletionStage<Set<Lease.Key>> current(Set<Lease.Key> leases) {
    return actors.thenCompose(
        there ->
            leases.stream()
                .collect(Collectors.groupingBy(Lease.Key::sweep, Collectors.toSet()))
                .entrySet()
                .stream()
                .map(each -> current(there, each.getKey(), each.getValue()))
                .reduce(
                    CompletableFuture.completedStage(Set.of()),
                    (some, others) -> some.thenCombine(others, Gate::both)));
  }

  private static CompletionStage<Set<Lease.Key>> current(
      Actors there, SweepId sweep, Set<Lease.Key> leases) {
    return there
        .<Set<Lease.Key>>ask(sweep, replyTo -> new SweepActor.AskCurrent(leases, replyTo))
        .thenApply(answer -> answer.orElse(Set.of()));
  }

  private static Set<Lease.Key> both(Set<Lease.Key> some, Set<Lease.Key> others) {
    var all = new HashSet<>(some);
    all.addAll(others);
    return all;
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
