package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.SweepId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Rows for those who follow a sweep, as they arrive. Any thread may call. */
final class MetricTails {
  /** So many batches may wait for a reader; then it has lost the thread. */
  private static final int MOST_WAITING = 4096;

  private final Set<Tail> tails = ConcurrentHashMap.newKeySet();

  /** What has arrived since it was opened. */
  final class Tail implements AutoCloseable {
    private final SweepId sweep;
    private final BlockingQueue<List<MetricRow>> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private volatile boolean overrun;

    private Tail(SweepId sweep) {
      this.sweep = sweep;
    }

    /** The rows that wait, or the first that come; none when none come in time. */
    List<MetricRow> next(Duration patience) throws InterruptedException {
      var rows = new ArrayList<MetricRow>();
      List<MetricRow> first = waiting.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (first != null) {
        var more = new ArrayList<List<MetricRow>>();
        waiting.drainTo(more);
        rows.addAll(first);
        more.forEach(rows::addAll);
      }
      return rows;
    }

    /** Whether rows were left out as too many waited. */
    boolean isOverrun() {
      return overrun;
    }

    @Override
    public void close() {
      tails.remove(this);
    }
  }

  Tail open(SweepId sweep) {
    var tail = new Tail(sweep);
    tails.add(tail);
    return tail;
  }

  /**
   * @param rows of one sweep
   */
  void accept(List<MetricRow> rows) {
    if (rows.isEmpty()) {
      return;
    }
    for (Tail tail : tails) {
      if (tail.sweep.equals(rows.get(0).sweep()) && !tail.waiting.offer(rows)) {
        tail.overrun = true;
      }
    }
  }
}
