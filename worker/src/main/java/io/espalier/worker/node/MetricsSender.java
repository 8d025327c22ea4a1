package io.espalier.worker.node;

import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings metric rows to the coordinator, each at least once and in order, whatever happens to the
 * connection; the coordinator counts each once. Rows not acknowledged wait in a spool on disk that
 * the next process takes over. One thread of its own does all the work.
 */
public final class MetricsSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsSender.class);
  private static final int BATCH_ROWS = 1_024;
  private static final int WINDOW_ROWS = 65_536;
  private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long READY_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final WorkerId worker;
  private final Optional<Path> certificates;
  private final BufferAllocator allocator = new RootAllocator();
  private final CompletableFuture<Void> dead = new CompletableFuture<>();
  private final MetricsSenderSpool spool;
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::work, "espalier-metrics-sender");
  private volatile int unacknowledged;

  // What follows belongs to the thread.
  private List<MetricRow> collecting = new ArrayList<>();
  private final List<CompletableFuture<Void>> spoolWaiters = new ArrayList<>();
  private final Set<Lease.Key> claimed = new HashSet<>();
  private @Nullable Endpoint endpoint;
  private @Nullable MetricsSenderConnection connection;
  private long collectingSince;
  private long connectAt;
  private long backoff = FIRST_BACKOFF_NANOS;
  private long heardAt;
  private boolean closed;
  private volatile Consumer<Lease.Key> onLost = lease -> {};

  private sealed interface Event {}

  private record Row(MetricRow row) implements Event {}

  private record Endpoint(String host, int port, List<ToWorker.Stored> stored) implements Event {}

  private record Answered(MetricsSenderConnection from, List<Answer> answers) implements Event {}

  private record Ended(MetricsSenderConnection from, String why) implements Event {}

  private record Spool(CompletableFuture<Void> done) implements Event {}

  private record Close() implements Event {}

  /**
   * @param spoolDirectory of this worker alone; rows left there by an earlier process are sent too
   * @param certificates directory of {@link io.espalier.common.tls.NodeCertificates}; absent for an
   *     open connection
   * @throws io.espalier.common.UserError when the directory cannot be used
   */
  public MetricsSender(WorkerId worker, Path spoolDirectory, Optional<Path> certificates) {
    this.worker = worker;
    this.certificates = certificates;
    spool = new MetricsSenderSpool(spoolDirectory, allocator);
    unacknowledged = spool.size();
    thread.setDaemon(true);
    thread.start();
  }

  /** Takes a row; never blocks. Rows of a lease come with their sequence ascending by one. */
  public void send(MetricRow row) {
    events.add(new Row(row));
  }

  /**
   * Where rows go from now on.
   *
   * @param stored what the coordinator said it holds, from its {@link ToWorker.Registered}
   */
  public void connect(String host, int port, List<ToWorker.Stored> stored) {
    events.add(new Endpoint(host, port, List.copyOf(stored)));
  }

  /**
   * Called, on the sender's thread, with each lease whose rows cannot all be sent any more: its
   * result would wait for them forever.
   */
  void onLost(Consumer<Lease.Key> listener) {
    onLost = listener;
  }

  /** Completes once every row sent so far is in the spool and survives the process's death. */
  public CompletionStage<Void> spooled() {
    var done = new CompletableFuture<Void>();
    events.add(new Spool(done));
    return done;
  }

  /** Completes exceptionally when rows can no longer be spooled or sent; else never. */
  CompletionStage<Void> whenDead() {
    return dead.minimalCompletionStage();
  }

  /** Rows in the spool that the coordinator has not acknowledged, as of a moment ago. */
  public int unacknowledged() {
    return unacknowledged;
  }

  /** Spools what was sent and ends the connection; unacknowledged rows stay on disk. */
  @Override
  public void close() {
    events.add(new Close());
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try {
      while (!closed) {
        try {
          turn();
        } catch (RuntimeException e) {
          LOG.warn("Metric rows could not be sent, connecting again", e);
          retryLater();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Error e) {
      LOG.error("Metric rows can no longer be sent", e);
      dead.completeExceptionally(e);
      throw e;
    } finally {
      disconnect();
      spool.close();
      allocator.close();
    }
  }

  private void turn() throws InterruptedException {
    Event event = events.poll(Math.max(0, patience(System.nanoTime())), TimeUnit.NANOSECONDS);
    for (int n = 0; event != null; n++) {
      handle(event);
      event = n < BATCH_ROWS ? events.poll() : null;
    }
    spoolIfDue(System.nanoTime());
    connectIfDue(System.nanoTime());
    sendWhatFits();
    breakOffIfSilent(System.nanoTime());
    unacknowledged = spool.size();
  }

  /** Nanoseconds until something is due though no event arrives. */
  private long patience(long now) {
    long wait = IDLE_NANOS;
    if (!collecting.isEmpty()) {
      wait = Math.min(wait, collectingSince + BATCH_NANOS - now);
    }
    if (connection == null && endpoint != null) {
      wait = Math.min(wait, connectAt - now);
    }
    if (connection != null && maySend()) {
      // Flight tells no one when a stream becomes ready.
      wait = Math.min(wait, READY_POLL_NANOS);
    }
    return wait;
  }

  private void handle(Event event) {
    if (event instanceof Row row) {
      if (collecting.isEmpty()) {
        collectingSince = System.nanoTime();
      }
      collecting.add(row.row());
    } else if (event instanceof Answered answered) {
      if (answered.from() == connection) {
        heardAt = System.nanoTime();
        backoff = FIRST_BACKOFF_NANOS;
        answered.answers().forEach(this::handle);
      }
    } else if (event instanceof Ended ended) {
      if (ended.from() == connection) {
        if (backoff == FIRST_BACKOFF_NANOS) {
          LOG.info("The metrics stream ended, connecting again: {}", ended.why());
        }
        retryLater();
      }
    } else if (event instanceof Endpoint to) {
      disconnect();
      spool.stored(to.stored());
      endpoint = to;
      backoff = FIRST_BACKOFF_NANOS;
      connectAt = System.nanoTime();
    } else if (event instanceof Spool wanted) {
      spoolWaiters.add(wanted.done());
    } else if (event instanceof Close) {
      spoolNow();
      closed = true;
    }
  }

  private void handle(Answer answer) {
    if (answer instanceof Answer.Stored stored) {
      spool.acknowledge(stored.lease(), stored.sequence());
    } else if (answer instanceof Answer.Refused refusal) {
      if (spool.refuse(refusal.lease())) {
        LOG.info("Rows of {} are refused: this attempt no longer counts", refusal.lease());
      }
    } else if (answer instanceof Answer.Resend resend) {
      LOG.warn("The coordinator misses rows of {} from {} on", resend.lease(), resend.from());
      retryLater();
    }
  }

  private void spoolIfDue(long now) {
    boolean due = collecting.size() >= BATCH_ROWS || now - collectingSince >= BATCH_NANOS;
    if (!spoolWaiters.isEmpty() || (due && !collecting.isEmpty())) {
      spoolNow();
    }
  }

  private void spoolNow() {
    if (!collecting.isEmpty()) {
      spool.add(collecting);
      collecting = new ArrayList<>();
    }
    spoolWaiters.forEach(waiter -> waiter.complete(null));
    spoolWaiters.clear();
  }

  private void connectIfDue(long now) {
    Endpoint to = endpoint;
    if (connection != null || to == null || now - connectAt < 0 || closed) {
      return;
    }
    var listener =
        new MetricsSenderConnection.Listener() {
          @Override
          public void answered(MetricsSenderConnection from, List<Answer> answers) {
            events.add(new Answered(from, answers));
          }

          @Override
          public void ended(MetricsSenderConnection from, String why) {
            events.add(new Ended(from, why));
          }
        };
    try {
      connection =
          new MetricsSenderConnection(
              worker, to.host(), to.port(), certificates, allocator, listener);
      heardAt = now;
    } catch (IOException e) {
      LOG.warn("No metric rows can be sent: the certificates cannot be read: {}", e.getMessage());
      retryLater();
    }
  }

  private boolean maySend() {
    return spool.hasUnsent() && spool.sentRows() < WINDOW_ROWS;
  }

  private void sendWhatFits() {
    MetricsSenderConnection open = connection;
    while (open != null && maySend() && open.ready()) {
      Optional<List<MetricRow>> rows = spool.next();
      spool.lost().forEach(onLost);
      if (rows.isEmpty()) {
        return;
      }
      List<Answer.Stored> claims =
          rows.get().stream()
              .map(MetricRow::lease)
              .filter(claimed::add)
              .map(spool::acknowledged)
              .toList();
      open.send(rows.get(), claims);
    }
  }

  private void breakOffIfSilent(long now) {
    if (spool.size() == 0) {
      heardAt = now;
    } else if (connection != null && now - heardAt > SILENCE_NANOS) {
      LOG.warn("The coordinator has acknowledged no metric rows for 30 s, connecting again");
      retryLater();
    }
  }

  private void retryLater() {
    disconnect();
    connectAt = System.nanoTime() + backoff;
    backoff = Math.min(LONGEST_BACKOFF_NANOS, backoff * 2);
  }

  private void disconnect() {
    MetricsSenderConnection open = connection;
    connection = null;
    if (open != null) {
      open.close();
    }
    claimed.clear();
    spool.rewind();
  }
}
