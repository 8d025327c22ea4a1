package io.espalier.coordinator.metrics;

import io.espalier.common.UserError;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record of truth for measurements: Arrow files under {@code <store>/sweeps/<sweep>/metrics/}.
 * One process writes; any process may {@link #read}. Rows are on the disk after a second or 1,024
 * rows, at once when someone asks by {@link #whenStored}.
 */
public final class MetricsStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsStore.class);

  private final Path sweeps;
  private final long epoch;
  private final BufferAllocator allocator = new RootAllocator();
  private final Map<SweepId, SweepLog> logs = new ConcurrentHashMap<>();
  private final ScheduledExecutorService disk =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            var thread = new Thread(task, "espalier-metrics-store");
            thread.setDaemon(true);
            return thread;
          });

  private MetricsStore(Path store, long epoch) {
    this.sweeps = store.resolve("sweeps");
    this.epoch = epoch;
  }

  /**
   * Opens the store for writing and seals what an earlier life of the coordinator left live.
   *
   * @param epoch this life of the coordinator, from 1
   * @throws UserError when the store cannot be read or written
   */
  public static MetricsStore open(Path store, long epoch) {
    var opened = new MetricsStore(store, epoch);
    try {
      Files.createDirectories(opened.sweeps);
      for (SweepId sweep : opened.leftLive()) {
        opened.log(sweep);
      }
    } catch (IOException | UncheckedIOException e) {
      opened.close();
      throw new UserError(
          "The store %s cannot be opened: %s. It must be a directory this user may write to; choose another with --store."
              .formatted(store, e.getMessage()),
          e);
    }
    opened.disk.scheduleWithFixedDelay(opened::flush, 1, 1, TimeUnit.SECONDS);
    return opened;
  }

  /**
   * The rows of a sweep, whether or not a coordinator is running and writing them: for each update
   * of a branch its highest attempt, ordered by branch and update.
   *
   * @param sweepDirectory {@code <store>/sweeps/<sweep>}
   * @throws UserError when the files cannot be read
   */
  public static Stream<MetricRow> read(Path sweepDirectory) {
    try (var allocator = new RootAllocator()) {
      return read(MetricFiles.of(sweepDirectory), allocator, branch -> true);
    }
  }

  /** As {@link #read}, with every row that has arrived. */
  public Stream<MetricRow> rows(SweepId sweep) {
    return rows(sweep, branch -> true);
  }

  /**
   * The rows of some branches alone; the others' are never all in memory.
   *
   * @throws UserError when the files cannot be read
   */
  public Stream<MetricRow> rows(SweepId sweep, Predicate<BranchId> wanted) {
    SweepLog log = logs.get(sweep);
    if (log != null) {
      CompletableFuture.runAsync(log::flush, disk).join();
    }
    return read(files(sweep), allocator, wanted);
  }

  /**
   * The last row of a lease that is on the disk; 0 when there is none, or when the sweep's files
   * cannot be read: the worker sends again what it has, and each row is taken once.
   */
  public long stored(Lease.Key lease) {
    try {
      return log(lease.sweep()).stored(lease);
    } catch (UncheckedIOException e) {
      LOG.error("{}", e.getMessage(), e.getCause());
      return 0;
    }
  }

  /**
   * Completes once the rows of a lease up to {@code sequence} have arrived and are on the disk;
   * fails when the sweep's files cannot be read.
   */
  public CompletionStage<Void> whenStored(Lease.Key lease, long sequence) {
    return whenStored(lease, sequence, true);
  }

  /** Completes once everything that arrived is on the disk as sealed {@code .arrow} files. */
  public CompletionStage<Void> seal(SweepId sweep) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            log(sweep).seal();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        disk);
  }

  /** Lets go of a sweep's files, which are about to be deleted. */
  public void forget(SweepId sweep) {
    SweepLog log = logs.remove(sweep);
    if (log != null) {
      CompletableFuture.runAsync(
              () -> {
                try {
                  log.close();
                } catch (IOException e) {
                  LOG.warn("a metrics file of {} is not closed cleanly", sweep, e);
                }
              },
              disk)
          .join();
    }
  }

  /** Writes what is pending and ends. Further calls fail. */
  @Override
  public void close() {
    CompletableFuture.runAsync(
            () -> {
              for (SweepLog log : logs.values()) {
                try {
                  log.close();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            },
            disk)
        .whenComplete((done, problem) -> disk.shutdown())
        .join();
    allocator.close();
  }

  List<MetricRow> append(Lease.Key lease, List<MetricRow> rows) throws SequenceGap {
    SweepLog log = log(lease.sweep());
    List<MetricRow> fresh = log.append(lease, rows);
    flushIfDue(log);
    return fresh;
  }

  void skipTo(Lease.Key lease, long acknowledged) {
    log(lease.sweep()).skipTo(lease, acknowledged);
  }

  CompletableFuture<Void> whenStored(Lease.Key lease, long sequence, boolean urgent) {
    SweepLog log;
    try {
      log = log(lease.sweep());
    } catch (UncheckedIOException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Void> done = log.whenStored(lease, sequence, urgent);
    flushIfDue(log);
    return done;
  }

  /** Never throws: whoever throws is not scheduled again. */
  private void flush() {
    for (SweepLog log : logs.values()) {
      try {
        log.flush();
      } catch (RuntimeException | Error e) {
        LOG.error("metric rows wait for the next second", e);
      }
    }
  }

  private void flushIfDue(SweepLog log) {
    if (log.flushNow()) {
      disk.execute(log::flush);
    }
  }

  private MetricFiles files(SweepId sweep) {
    return MetricFiles.of(sweeps.resolve(sweep.value()));
  }

  private SweepLog log(SweepId sweep) {
    return logs.computeIfAbsent(
        sweep,
        id -> {
          try {
            return new SweepLog(files(id), epoch, allocator);
          } catch (IOException e) {
            throw unreadable(id, e);
          } catch (RuntimeException e) {
            // How Arrow tells that a file is none of its own.
            throw unreadable(id, new IOException(e));
          }
        });
  }

  private UncheckedIOException unreadable(SweepId sweep, IOException problem) {
    return new UncheckedIOException(
        "the metrics in %s cannot be read: %s"
            .formatted(files(sweep).directory(), problem.getMessage()),
        problem);
  }

  private List<SweepId> leftLive() throws IOException {
    var live = new ArrayList<SweepId>();
    try (Stream<Path> directories = Files.list(sweeps)) {
      for (Path directory : (Iterable<Path>) directories::iterator) {
        if (MetricFiles.of(directory).hasLive()) {
          live.add(new SweepId(directory.getFileName().toString()));
        }
      }
    }
    return live;
  }

  private static Stream<MetricRow> read(
      MetricFiles files, BufferAllocator allocator, Predicate<BranchId> wanted) {
    var rows = new ArrayList<MetricRow>();
    try {
      files.read(
          allocator,
          batch -> batch.stream().filter(row -> wanted.test(row.branch())).forEach(rows::add));
    } catch (IOException e) {
      throw new UserError(
          "The metrics in %s cannot be read: %s".formatted(files.directory(), e.getMessage()), e);
    }
    return Curves.of(rows);
  }
}
