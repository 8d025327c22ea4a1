package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.protocol.Lease;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightProducer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's stream of rows. Rows are taken in the order they come; an answer follows when they
 * are durable and their evaluations journaled, while the next rows are read already.
 */
final class IngestStream {
  private static final Logger LOG = LoggerFactory.getLogger(IngestStream.class);
  private static final long GATE_SECONDS = 10;

  private final Thread thread = Thread.currentThread();
  private final FlightStream stream;
  private final FlightProducer.StreamListener<PutResult> answers;
  private final MetricsStore store;
  private final MetricsGate gate;
  private final Arrivals arrivals;
  private final BufferAllocator allocator;

  /**
   * Per lease: completes when everything taken so far is acknowledged, in order. Leases of which
   * nothing waits are not in it: a stream may last as long as its worker.
   */
  private final Map<Lease.Key, CompletableFuture<Void>> acknowledged = new ConcurrentHashMap<>();

  private boolean ended;
  private volatile String interruptedBy = "the coordinator is stopping";

  IngestStream(
      FlightStream stream,
      FlightProducer.StreamListener<PutResult> answers,
      MetricsStore store,
      MetricsGate gate,
      Arrivals arrivals,
      BufferAllocator allocator) {
    this.stream = stream;
    this.answers = answers;
    this.store = store;
    this.gate = gate;
    this.arrivals = arrivals;
    this.allocator = allocator;
  }

  /** Ends the stream from another thread. */
  synchronized void interrupt(String why) {
    if (!ended) {
      interruptedBy = why;
      thread.interrupt();
    }
  }

  void run() {
    try {
      while (stream.next()) {
        take();
      }
      CompletableFuture.allOf(acknowledged.values().toArray(CompletableFuture[]::new))
          .get(GATE_SECONDS, TimeUnit.SECONDS);
      end(answers::onCompleted);
    } catch (InterruptedException e) {
      fail(interruptedBy);
    } catch (ExecutionException | TimeoutException | IOException e) {
      LOG.warn("Metric rows of a worker could not be taken; it sends them again: {}", e.toString());
      fail(e.toString());
    } catch (RuntimeException | OutOfMemoryError e) {
      // Flight wraps interruption, and so tells that the worker went away.
      boolean interrupted = e.getCause() instanceof InterruptedException;
      LOG.debug("A worker's metrics stream ended", e);
      fail(interrupted ? interruptedBy : e.toString());
    } finally {
      // The thread goes back to its pool.
      Thread.interrupted();
    }
  }

  private void take()
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    claimed().forEach(claim -> store.skipTo(claim.lease(), claim.sequence()));
    Map<Lease.Key, List<MetricRow>> byLease = byLease(MetricRowCodec.read(stream.getRoot()));
    Set<Lease.Key> current =
        gate.current(byLease.keySet()).toCompletableFuture().get(GATE_SECONDS, TimeUnit.SECONDS);
    var refused = new ArrayList<Answer>();
    var journaled = new LinkedHashMap<Lease.Key, CompletableFuture<Void>>();
    byLease.forEach(
        (lease, rows) -> {
          if (current.contains(lease)) {
            journaled.put(lease, journaled(lease, rows));
          } else {
            arrivals.refused(rows.size());
            refused.add(new Answer.Refused(lease));
          }
        });
    answer(refused);
    // Before they are stored: whoever waited for a row to be stored finds journaled what it says.
    for (CompletableFuture<Void> each : journaled.values()) {
      each.get(GATE_SECONDS, TimeUnit.SECONDS);
    }
    byLease.keySet().retainAll(journaled.keySet());
    store(byLease);
  }

  /** Neighbours are mostly of one lease: it is looked up once. */
  private static Map<Lease.Key, List<MetricRow>> byLease(List<MetricRow> rows) {
    var byLease = new LinkedHashMap<Lease.Key, List<MetricRow>>();
    Lease.Key lease = null;
    List<MetricRow> here = List.of();
    for (MetricRow row : rows) {
      if (lease == null || !row.isOf(lease)) {
        lease = row.lease();
        here = byLease.computeIfAbsent(lease, key -> new ArrayList<>());
      }
      here.add(row);
    }
    return byLease;
  }

  private void store(Map<Lease.Key, List<MetricRow>> byLease) {
    var stored = new ArrayList<Answer>();
    var waited = new ArrayList<CompletableFuture<Void>>();
    byLease.forEach(
        (lease, rows) -> {
          if (append(lease, rows)) {
            long last = rows.get(rows.size() - 1).sequence();
            stored.add(new Answer.Stored(lease, last));
            waited.add(acknowledged.getOrDefault(lease, CompletableFuture.completedFuture(null)));
            waited.add(store.whenStored(lease, last, false));
          }
        });
    // One answer for all: most messages hold a few rows of many leases.
    CompletableFuture<Void> all =
        CompletableFuture.allOf(waited.toArray(CompletableFuture[]::new))
            .thenRun(() -> stored(stored))
            .whenComplete(
                (done, problem) -> {
                  if (problem != null) {
                    interrupt(problem.toString());
                  }
                });
    stored.forEach(answer -> acknowledged.put(answer.lease(), all));
    all.thenRun(() -> stored.forEach(answer -> acknowledged.remove(answer.lease(), all)));
  }

  /** Returns whether there was no gap before them; where there is one, it is asked for. */
  private boolean append(Lease.Key lease, List<MetricRow> rows) {
    try {
      List<MetricRow> fresh = store.append(lease, rows);
      if (!fresh.isEmpty()) {
        arrivals.taken(fresh);
      }
      return true;
    } catch (SequenceGap gap) {
      LOG.warn("{}; asked for it again", gap.getMessage());
      answer(List.of(new Answer.Resend(lease, gap.expected())));
      return false;
    }
  }

  /** After a term's end another may have looked before these rows were there. */
  private void stored(List<Answer> stored) {
    if (gate.lasts()) {
      answer(stored);
    } else {
      interrupt("this coordinator is no longer active");
    }
  }

  /** Repeated rows too: an earlier version may have stored them and died before. */
  private CompletableFuture<Void> journaled(Lease.Key lease, List<MetricRow> rows) {
    List<MetricRow> evaluations =
        rows.stream().filter(row -> row.measurement() instanceof Measurement.Evaluation).toList();
    return evaluations.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : gate.evaluated(lease, evaluations).toCompletableFuture();
  }

  /** What the worker says was acknowledged before this stream. */
  private List<Answer.Stored> claimed() throws IOException {
    ArrowBuf metadata = stream.getLatestMetadata();
    if (metadata == null || metadata.readableBytes() == 0) {
      return List.of();
    }
    var bytes = new byte[Math.toIntExact(metadata.readableBytes())];
    metadata.getBytes(metadata.readerIndex(), bytes);
    return Answer.decode(bytes).stream()
        .filter(Answer.Stored.class::isInstance)
        .map(Answer.Stored.class::cast)
        .toList();
  }

  private synchronized void answer(List<Answer> given) {
    if (ended || given.isEmpty()) {
      return;
    }
    byte[] bytes = Answer.encode(given);
    ArrowBuf metadata = allocator.buffer(bytes.length);
    metadata.writeBytes(bytes);
    try (PutResult result = PutResult.metadata(metadata)) {
      answers.onNext(result);
    } catch (RuntimeException e) {
      LOG.debug("A worker went away before its answer", e);
      ended = true;
    }
  }

  private void fail(String why) {
    end(() -> answers.onError(CallStatus.UNAVAILABLE.withDescription(why).toRuntimeException()));
  }

  private synchronized void end(Runnable how) {
    if (!ended) {
      ended = true;
      how.run();
    }
  }
}
