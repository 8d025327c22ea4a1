package io.espalier.worker.node;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.RowSegment;
import io.espalier.common.metrics.RowSegmentReader;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows that are not acknowledged yet, in order: on disk, and the newest in memory too. Files
 * survive the death of the process. Used by one thread.
 */
final class MetricsSenderSpool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsSenderSpool.class);
  private static final int MOST_ROWS_IN_MEMORY = 131_072;
  private static final int ROWS_PER_FILE = 65_536;

  private final Path directory;
  private final BufferAllocator allocator;
  private final int mostRowsInMemory;
  private final Deque<Batch> sent = new ArrayDeque<>();
  private final Deque<Batch> unsent = new ArrayDeque<>();
  private final Map<Lease.Key, Long> acknowledged = new HashMap<>();
  private final Set<Lease.Key> refused = new HashSet<>();
  private final Set<Lease.Key> lost = new HashSet<>();
  private @Nullable SpoolFile current;
  private int fileNumber;
  private int rowsInMemory;
  private int rowsSent;
  private int rowsUnsent;
  private boolean failing;

  /** A file and how many of its batches still matter. */
  private static final class SpoolFile {
    final RowSegment segment;
    int rows;
    int openBatches;

    SpoolFile(RowSegment segment) {
      this.segment = segment;
    }
  }

  /** Rows that travel together, in memory, in a file, or both. */
  private static final class Batch {
    final int size;
    final Map<Lease.Key, Long> last = new HashMap<>();
    final Set<Lease.Key> evaluated = new HashSet<>();
    @Nullable List<MetricRow> rows;
    @Nullable SpoolFile file;
    RowSegment.@Nullable Place place;

    Batch(List<MetricRow> rows) {
      this.rows = rows;
      size = rows.size();
      for (MetricRow row : rows) {
        last.merge(row.lease(), row.sequence(), Math::max);
        if (row.measurement() instanceof Measurement.Evaluation) {
          evaluated.add(row.lease());
        }
      }
    }
  }

  /**
   * Opens the spool and takes over what an earlier process left in it.
   *
   * @throws UserError when the directory cannot be used
   */
  MetricsSenderSpool(Path directory, BufferAllocator allocator) {
    this(directory, allocator, MOST_ROWS_IN_MEMORY);
  }

  MetricsSenderSpool(Path directory, BufferAllocator allocator, int mostRowsInMemory) {
    this.mostRowsInMemory = mostRowsInMemory;
    this.directory = directory;
    this.allocator = allocator;
    try {
      Files.createDirectories(directory);
      for (Path left : left()) {
        takeOver(left);
      }
    } catch (IOException e) {
      throw new UserError(
          "The spool directory %s cannot be used: %s. It must be a directory this user may write to."
              .formatted(directory, e.getMessage()),
          e);
    }
  }

  /** Rows not acknowledged. */
  int size() {
    return rowsSent + rowsUnsent;
  }

  int sentRows() {
    return rowsSent;
  }

  boolean hasUnsent() {
    return !unsent.isEmpty();
  }

  void add(List<MetricRow> rows) {
    List<MetricRow> wanted = rows.stream().filter(row -> !refused.contains(row.lease())).toList();
    if (wanted.isEmpty()) {
      return;
    }
    for (MetricRow row : wanted) {
      acknowledged.putIfAbsent(row.lease(), row.sequence() - 1);
    }
    var batch = new Batch(wanted);
    rowsInMemory += batch.size;
    write(batch, wanted);
    unsent.add(batch);
    rowsUnsent += batch.size;
  }

  /** The next rows to send; from now on they count as sent. Empty when there are none. */
  Optional<List<MetricRow>> next() {
    while (!unsent.isEmpty()) {
      Batch batch = unsent.remove();
      rowsUnsent -= batch.size;
      try {
        List<MetricRow> rows = rows(batch);
        sent.add(batch);
        rowsSent += batch.size;
        return Optional.of(rows);
      } catch (IOException e) {
        LOG.error("Spooled metric rows in {} cannot be read and are lost", directory, e);
        Set<Lease.Key> gone = Set.copyOf(batch.last.keySet());
        drop(batch);
        // Later rows are of no use: the coordinator takes none beyond a gap.
        gone.forEach(this::refuse);
        lost.addAll(gone);
      }
    }
    return Optional.empty();
  }

  /** Leases that have lost rows since this was last asked; no more rows of them are taken. */
  Set<Lease.Key> lost() {
    Set<Lease.Key> news = Set.copyOf(lost);
    lost.clear();
    return news;
  }

  /** What the coordinator has acknowledged of a lease. */
  Answer.Stored acknowledged(Lease.Key lease) {
    return new Answer.Stored(lease, acknowledged.getOrDefault(lease, 0L));
  }

  void acknowledge(Lease.Key lease, long sequence) {
    acknowledged.merge(lease, sequence, Math::max);
    rowsSent -= forget(sent, lease, batch -> sequence(batch, lease) <= sequence);
  }

  /**
   * What the coordinator's files hold. Evaluations are sent again nevertheless: they count once
   * they are journaled too.
   */
  void stored(Collection<ToWorker.Stored> held) {
    for (ToWorker.Stored each : held) {
      rowsUnsent -=
          forget(
              unsent,
              each.lease(),
              batch ->
                  !batch.evaluated.contains(each.lease())
                      && sequence(batch, each.lease()) <= each.sequence());
    }
  }

  /**
   * Forgets a lease's rows, and takes no more of them.
   *
   * @return whether this is news: every batch that is under way is refused on its own
   */
  boolean refuse(Lease.Key lease) {
    boolean news = refused.add(lease);
    rowsSent -= forget(sent, lease, batch -> true);
    rowsUnsent -= forget(unsent, lease, batch -> true);
    return news;
  }

  /** Everything sent and not acknowledged is to be sent again. */
  void rewind() {
    while (!sent.isEmpty()) {
      unsent.addFirst(sent.removeLast());
    }
    rowsUnsent += rowsSent;
    rowsSent = 0;
  }

  /** Closes the files; those without rows that matter are deleted. */
  @Override
  public void close() {
    var files = new HashSet<SpoolFile>();
    Stream.concat(sent.stream(), unsent.stream())
        .flatMap(batch -> Optional.ofNullable(batch.file).stream())
        .forEach(files::add);
    Optional.ofNullable(current).ifPresent(files::add);
    files.forEach(file -> end(file, file.openBatches == 0));
    current = null;
  }

  private static long sequence(Batch batch, Lease.Key lease) {
    return batch.last.getOrDefault(lease, 0L);
  }

  /**
   * @return how many rows need no more attention
   */
  private int forget(Deque<Batch> batches, Lease.Key lease, Predicate<Batch> done) {
    int rows = 0;
    for (var each = batches.iterator(); each.hasNext(); ) {
      Batch batch = each.next();
      if (batch.last.containsKey(lease) && done.test(batch)) {
        batch.last.remove(lease);
        if (batch.last.isEmpty()) {
          each.remove();
          rows += batch.size;
          drop(batch);
        }
      }
    }
    return rows;
  }

  private void drop(Batch batch) {
    if (batch.rows != null) {
      rowsInMemory -= batch.size;
      batch.rows = null;
    }
    SpoolFile file = batch.file;
    if (file != null) {
      file.openBatches--;
      if (file.openBatches == 0 && (file != current || file.rows >= ROWS_PER_FILE)) {
        end(file, true);
        if (file == current) {
          current = null;
        }
      }
    }
  }

  private List<MetricRow> rows(Batch batch) throws IOException {
    List<MetricRow> rows = batch.rows;
    if (rows != null) {
      return rows;
    }
    SpoolFile file = batch.file;
    RowSegment.Place place = batch.place;
    if (file == null || place == null) {
      throw new IllegalStateException("a batch is neither in memory nor in a file");
    }
    return file.segment.read(place);
  }

  private void write(Batch batch, List<MetricRow> rows) {
    try {
      SpoolFile file = current;
      if (file == null || file.rows >= ROWS_PER_FILE) {
        file = new SpoolFile(RowSegment.create(nextFile(), allocator));
        current = file;
      }
      batch.place = file.segment.append(rows);
      batch.file = file;
      file.rows += rows.size();
      file.openBatches++;
      failing = false;
      if (rowsInMemory > mostRowsInMemory) {
        rowsInMemory -= batch.size;
        batch.rows = null;
      }
    } catch (IOException e) {
      if (!failing) {
        LOG.error(
            "Metric rows cannot be spooled in {}: {}. They stay in memory until the coordinator"
                + " has them; make room on that disk.",
            directory,
            e.toString());
      }
      failing = true;
    }
  }

  private Path nextFile() {
    Path file;
    do {
      fileNumber++;
      file = directory.resolve("rows-%06d.arrows".formatted(fileNumber));
    } while (Files.exists(file));
    return file;
  }

  private static void end(SpoolFile file, boolean delete) {
    try {
      file.segment.close();
      if (delete) {
        Files.deleteIfExists(file.segment.file());
      }
    } catch (IOException e) {
      LOG.warn("{} could not be closed: {}", file.segment.file(), e.toString());
    }
  }

  private List<Path> left() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".arrows")).sorted().toList();
    }
  }

  private void takeOver(Path left) throws IOException {
    var batches = new ArrayList<List<MetricRow>>();
    try (var reader = new RowSegmentReader(left, allocator)) {
      for (Optional<List<MetricRow>> batch = reader.next();
          batch.isPresent();
          batch = reader.next()) {
        batches.add(batch.get());
      }
    }
    batches.forEach(this::add);
    Files.delete(left);
  }
}
