package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.RowSegment;
import io.espalier.common.protocol.Lease;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of one sweep: what arrived, what of it is on the disk, and who waits for more. Appends
 * come from any thread; {@link #flush}, {@link #seal} and {@link #close} from the store's only.
 */
final class SweepLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SweepLog.class);
  private static final int FLUSH_ROWS = 1_024;
  private static final int BATCH_ROWS = 16_384;

  private final MetricFiles files;
  private final long epoch;
  private final BufferAllocator allocator;
  private final Map<Lease.Key, Long> appended = new HashMap<>();
  private final Map<Lease.Key, Long> durable = new HashMap<>();
  private final List<Waiter> waiters = new ArrayList<>();

  /** Counted, as all are looked at for them with each message, and mostly there are none. */
  private int urgentWaiters;

  private Pending pending = new Pending();
  private @Nullable RowSegment segment;
  private boolean failing;

  /** Rows that are not on the disk yet, and the last of each lease among them. */
  private record Pending(List<MetricRow> rows, Map<Lease.Key, Long> ends) {
    Pending() {
      this(new ArrayList<>(), new HashMap<>());
    }

    void add(Lease.Key lease, List<MetricRow> fresh, long last) {
      rows.addAll(fresh);
      ends.put(lease, last);
    }

    void add(Pending later) {
      rows.addAll(later.rows);
      ends.putAll(later.ends);
    }
  }

  /** Someone who waits for a row to be durable; an urgent one does not wait for the next tick. */
  private record Waiter(
      Lease.Key lease, long sequence, boolean urgent, CompletableFuture<Void> done) {}

  /** Seals what an earlier life of the coordinator left and counts what is there. */
  SweepLog(MetricFiles files, long epoch, BufferAllocator allocator) throws IOException {
    this.files = files;
    this.epoch = epoch;
    this.allocator = allocator;
    files.seal(allocator);
    files.read(
        allocator,
        rows -> rows.forEach(row -> durable.merge(row.lease(), row.sequence(), Math::max)));
    appended.putAll(durable);
  }

  /**
   * Takes the rows that are new.
   *
   * @param rows of one lease, ascending by sequence
   * @return those not held before
   * @throws SequenceGap when a row before them is missing; then none is taken
   */
  synchronized List<MetricRow> append(Lease.Key lease, List<MetricRow> rows) throws SequenceGap {
    long last = appended.getOrDefault(lease, 0L);
    var fresh = new ArrayList<MetricRow>(rows.size());
    for (MetricRow row : rows) {
      if (row.sequence() > last) {
        if (row.sequence() != last + 1) {
          throw new SequenceGap(lease, last + 1, row.sequence());
        }
        last++;
        fresh.add(row);
      }
    }
    if (!fresh.isEmpty()) {
      pending.add(lease, fresh, last);
      appended.put(lease, last);
    }
    return fresh;
  }

  /** Rows up to here were acknowledged once; if they are gone, go on without them. */
  synchronized void skipTo(Lease.Key lease, long acknowledged) {
    long last = appended.getOrDefault(lease, 0L);
    if (last < acknowledged) {
      LOG.warn(
          "{}: rows {} to {} of {} had been acknowledged and are no longer there; was the store"
              + " restored from a copy? The curve goes on without them.",
          files.directory(),
          last + 1,
          acknowledged,
          lease);
      appended.put(lease, acknowledged);
      durable.put(lease, acknowledged);
    }
  }

  synchronized long stored(Lease.Key lease) {
    return durable.getOrDefault(lease, 0L);
  }

  synchronized CompletableFuture<Void> whenStored(Lease.Key lease, long sequence, boolean urgent) {
    var done = new CompletableFuture<Void>();
    if (stored(lease) >= sequence) {
      done.complete(null);
    } else {
      waiters.add(new Waiter(lease, sequence, urgent, done));
      urgentWaiters += urgent ? 1 : 0;
    }
    return done;
  }

  /** Whether to flush before the next tick. */
  synchronized boolean flushNow() {
    return pending.rows().size() >= FLUSH_ROWS
        || (urgentWaiters > 0
            && waiters.stream()
                .anyMatch(
                    waiter ->
                        waiter.urgent()
                            && appended.getOrDefault(waiter.lease(), 0L) >= waiter.sequence()));
  }

  /** Writes what is pending, waits for the disk, and tells who waited. */
  void flush() {
    Pending written;
    synchronized (this) {
      written = pending;
      pending = new Pending();
    }
    if (!written.rows().isEmpty() && !write(written)) {
      return;
    }
    var satisfied = new ArrayList<Waiter>();
    synchronized (this) {
      written.ends().forEach((lease, end) -> durable.merge(lease, end, Math::max));
      for (Iterator<Waiter> each = waiters.iterator(); each.hasNext(); ) {
        Waiter waiter = each.next();
        if (stored(waiter.lease()) >= waiter.sequence()) {
          each.remove();
          urgentWaiters -= waiter.urgent() ? 1 : 0;
          satisfied.add(waiter);
        }
      }
    }
    satisfied.forEach(waiter -> waiter.done().complete(null));
  }

  private boolean write(Pending written) {
    List<MetricRow> rows = written.rows();
    RowSegment open = segment;
    long durableEnd = 0;
    try {
      if (open == null) {
        open = files.create(epoch, allocator);
        segment = open;
      }
      durableEnd = open.end();
      for (int start = 0; start < rows.size(); start += BATCH_ROWS) {
        open.append(rows.subList(start, Math.min(rows.size(), start + BATCH_ROWS)));
      }
      open.force();
      failing = false;
      return true;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      if (!failing) {
        LOG.error(
            "Metric rows cannot be written to {}: {}. Is the disk full or read-only? Nothing is"
                + " lost: workers keep their rows, and writing is tried again each second.",
            files.directory(),
            e.toString());
      }
      failing = true;
      takeBack(written, open, durableEnd);
      return false;
    }
  }

  private void takeBack(Pending written, @Nullable RowSegment open, long durableEnd) {
    synchronized (this) {
      written.add(pending);
      pending = written;
    }
    if (open != null) {
      try {
        open.cutTo(durableEnd);
      } catch (IOException e) {
        // What the segment holds is unknown: go on in a new one; readers take each row once.
        segment = null;
      }
    }
  }

  /** Flushes, then rewrites what is live as Arrow files. */
  void seal() throws IOException {
    close();
    files.seal(allocator);
  }

  @Override
  public void close() throws IOException {
    flush();
    RowSegment open = segment;
    segment = null;
    if (open != null) {
      open.close();
    }
  }
}
