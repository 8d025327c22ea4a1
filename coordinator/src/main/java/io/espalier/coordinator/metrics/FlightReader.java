package io.espalier.coordinator.metrics;

import io.espalier.common.UserError;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.metrics.MetricExport.TrialRow;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.flight.BackpressureStrategy;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.flight.FlightProducer.StreamListener;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * What the Flight door tells its readers: {@code metrics/<sweep>}, {@code trials/<sweep>} and
 * {@code events/<sweep>}, as tickets and as paths; {@code metrics/<sweep>/live} goes on with what
 * is measured until the sweep has ended. Blocks; runs on threads of its own.
 */
final class FlightReader {
  /** So long the coordinator may take to answer, and a reader to take a batch. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration LOOK = Duration.ofMillis(500);

  private final MetricsStore store;
  private final MetricTails tails;
  private final CompletableFuture<SweepSource> source;
  private final BufferAllocator allocator;

  /**
   * @param source completes when the sweeps are there
   */
  FlightReader(
      MetricsStore store,
      MetricTails tails,
      CompletableFuture<SweepSource> source,
      BufferAllocator allocator) {
    this.store = store;
    this.tails = tails;
    this.source = source;
    this.allocator = allocator;
  }

  /** What there is of a sweep. */
  private enum Kind {
    METRICS,
    TRIALS,
    EVENTS;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is asked for. */
  private record Wanted(Kind kind, SweepId sweep, boolean live) {
    static Wanted of(String text) {
      List<String> parts = List.of(text.split("/", -1));
      for (Kind kind : Kind.values()) {
        boolean live = parts.size() == 3 && parts.get(2).equals("live") && kind == Kind.METRICS;
        if (parts.get(0).equals(kind.word()) && (parts.size() == 2 || live)) {
          try {
            return new Wanted(kind, new SweepId(parts.get(1)), live);
          } catch (IllegalArgumentException noName) {
            break;
          }
        }
      }
      throw CallStatus.INVALID_ARGUMENT
          .withDescription(
              "'%s' is nothing this door has; expected metrics/SWEEP, metrics/SWEEP/live, trials/SWEEP or events/SWEEP."
                  .formatted(text))
          .toRuntimeException();
    }

    String text() {
      return kind.word() + "/" + sweep + (live ? "/live" : "");
    }
  }

  /** All there is. */
  void list(StreamListener<FlightInfo> told) {
    try {
      for (SweepSummary sweep : answer(source().sweeps())) {
        for (Kind kind : Kind.values()) {
          told.onNext(info(new Wanted(kind, sweep.id(), false)));
        }
      }
      told.onCompleted();
    } catch (RuntimeException e) {
      told.onError(e);
    }
  }

  FlightInfo info(FlightDescriptor descriptor) {
    return info(Wanted.of(String.join("/", descriptor.getPath())));
  }

  private FlightInfo info(Wanted wanted) {
    var ticket = new Ticket(wanted.text().getBytes(StandardCharsets.UTF_8));
    return new FlightInfo(
        schema(wanted),
        FlightDescriptor.path(List.of(wanted.text().split("/"))),
        // No location: whoever has come here asks here.
        List.of(new FlightEndpoint(ticket)),
        -1,
        -1);
  }

  private Schema schema(Wanted wanted) {
    SweepView view = answer(source().sweep(wanted.sweep()));
    return switch (wanted.kind()) {
      case METRICS -> RowTable.SCHEMA;
      case TRIALS -> SweepTables.trials(view).schema();
      case EVENTS -> SweepTables.events().schema();
    };
  }

  /** What a ticket is for. */
  void stream(Ticket ticket, ServerStreamListener out) {
    try {
      Wanted wanted = Wanted.of(new String(ticket.getBytes(), StandardCharsets.UTF_8));
      var sink = new Sink(out);
      SweepView view = answer(source().sweep(wanted.sweep()));
      switch (wanted.kind()) {
        case TRIALS -> table(SweepTables.trials(view), view.trials(), sink);
        case EVENTS -> table(SweepTables.events(), answer(source().events(wanted.sweep())), sink);
        case METRICS -> {
          if (wanted.live()) {
            follow(view, sink);
          } else {
            rows(view, sink);
          }
        }
      }
      out.completed();
    } catch (Cancelled gone) {
      // Nobody listens any more.
    } catch (RuntimeException e) {
      out.error(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      out.error(
          CallStatus.UNAVAILABLE
              .withDescription("the coordinator is stopping")
              .toRuntimeException());
    }
  }

  private <T> void table(ArrowTable<T> table, List<T> rows, Sink sink) {
    try (VectorSchemaRoot root = VectorSchemaRoot.create(table.schema(), allocator)) {
      sink.start(root);
      for (int from = 0; from < rows.size(); from += RowTable.BATCH_ROWS) {
        table.write(rows.subList(from, Math.min(rows.size(), from + RowTable.BATCH_ROWS)), root);
        sink.send();
      }
    }
  }

  private void rows(SweepView view, Sink sink) {
    try (var table = new RowTable(allocator)) {
      sink.start(table.root());
      send(MetricExport.byTrial(view, store.rows(view.id())).iterator(), table, sink);
    }
  }

  private static void send(Iterator<TrialRow> rows, RowTable table, Sink sink) {
    var batch = new ArrayList<TrialRow>();
    while (rows.hasNext()) {
      batch.add(rows.next());
      if (batch.size() == RowTable.BATCH_ROWS || !rows.hasNext()) {
        table.write(batch);
        sink.send();
        batch.clear();
      }
    }
  }

  /** A branch in one attempt: its rows are numbered. */
  private record Run(BranchId branch, Attempt attempt) {
    static Run of(MetricRow row) {
      return new Run(row.branch(), row.attempt());
    }
  }

  private void follow(SweepView begun, Sink sink) throws InterruptedException {
    // Opened before the store is read: nothing may come between.
    try (MetricTails.Tail tail = tails.open(begun.id());
        var table = new RowTable(allocator)) {
      sink.start(table.root());
      Map<Run, Long> sent = new HashMap<>();
      List<MetricRow> stored = store.rows(begun.id()).toList();
      stored.forEach(row -> sent.merge(Run.of(row), row.sequence(), Math::max));
      send(MetricExport.byTrial(begun, stored.stream()).iterator(), table, sink);
      SweepView view = begun;
      boolean last = false;
      while (true) {
        List<MetricRow> fresh =
            tail.next(LOOK).stream()
                .filter(row -> row.sequence() > sent.getOrDefault(Run.of(row), 0L))
                .toList();
        if (tail.isOverrun()) {
          throw CallStatus.RESOURCE_EXHAUSTED
              .withDescription(
                  "The reader is slower than the trials; ask for metrics/%s again."
                      .formatted(begun.id()))
              .toRuntimeException();
        }
        if (fresh.isEmpty() && last) {
          return;
        }
        view = answer(source().sweep(begun.id()));
        // What was measured before the end may still be on its way for one more look.
        last = view.state().ended();
        fresh.forEach(row -> sent.merge(Run.of(row), row.sequence(), Math::max));
        send(forTrials(view, fresh).iterator(), table, sink);
        sink.check();
      }
    }
  }

  /** Each row once for every trial that it trains. */
  private static List<TrialRow> forTrials(SweepView view, List<MetricRow> rows) {
    Map<BranchId, List<TrialView>> trials = new HashMap<>();
    view.trials()
        .forEach(
            trial -> trials.computeIfAbsent(trial.branch(), b -> new ArrayList<>()).add(trial));
    return rows.stream()
        .flatMap(
            row ->
                trials.getOrDefault(row.branch(), List.of()).stream()
                    .filter(trial -> row.update() <= trial.updates())
                    .map(trial -> new TrialRow(trial.config().id(), row)))
        .toList();
  }

  private SweepSource source() {
    return Optional.ofNullable(source.getNow(null))
        .orElseThrow(
            () ->
                CallStatus.UNAVAILABLE
                    .withDescription("The coordinator is still reading its journal; try again.")
                    .toRuntimeException());
  }

  private static <T> T answer(CompletionStage<T> asked) {
    try {
      return asked
          .toCompletableFuture()
          .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UserError problem) {
        throw CallStatus.NOT_FOUND.withDescription(problem.getMessage()).toRuntimeException();
      }
      throw CallStatus.INTERNAL
          .withDescription("The coordinator did not answer: " + e.getCause())
          .toRuntimeException();
    }
  }

  /** The reader has gone. */
  private static final class Cancelled extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Where batches go, no faster than they are taken. */
  private static final class Sink {
    private final ServerStreamListener out;
    private final BackpressureStrategy pressure =
        new BackpressureStrategy.CallbackBackpressureStrategy();

    Sink(ServerStreamListener out) {
      this.out = out;
      pressure.register(out);
    }

    void start(VectorSchemaRoot root) {
      out.start(root);
    }

    void send() {
      switch (pressure.waitForListener(PATIENCE.toMillis())) {
        case READY -> out.putNext();
        case CANCELLED -> throw new Cancelled();
        default ->
            throw CallStatus.TIMED_OUT
                .withDescription("The reader took nothing for a minute.")
                .toRuntimeException();
      }
    }

    void check() {
      if (out.isCancelled()) {
        throw new Cancelled();
      }
    }
  }
}
