package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.metrics.RowSegment;
import io.espalier.common.metrics.RowSegmentReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowFileWriter;

/**
 * The metric files of one sweep: {@code metrics/<epoch>-<n>.arrows} while it is written, {@code
 * .arrow} once sealed. A sealed file replaces the live one of its name; where both are there, the
 * sealed one is whole.
 */
record MetricFiles(Path directory) {
  private static final String LIVE = ".arrows";
  private static final String SEALED = ".arrow";
  private static final int SEALED_BATCH_ROWS = 16_384;

  static MetricFiles of(Path sweepDirectory) {
    return new MetricFiles(sweepDirectory.resolve("metrics"));
  }

  /** A new live segment of this coordinator epoch. */
  RowSegment create(long epoch, BufferAllocator allocator) throws IOException {
    Files.createDirectories(directory);
    SortedSet<String> taken = names();
    int n = 1;
    while (taken.contains(name(epoch, n))) {
      n++;
    }
    var segment = RowSegment.create(directory.resolve(name(epoch, n) + LIVE), allocator);
    segment.force();
    forceDirectory();
    return segment;
  }

  /** Every complete row, in the order in which they were written. */
  void read(BufferAllocator allocator, Consumer<List<MetricRow>> batches) throws IOException {
    for (String name : names()) {
      try {
        readSealed(directory.resolve(name + SEALED), allocator, batches);
      } catch (NoSuchFileException live) {
        try {
          readLive(directory.resolve(name + LIVE), allocator, batches);
        } catch (NoSuchFileException sealedMeanwhile) {
          readSealed(directory.resolve(name + SEALED), allocator, batches);
        }
      }
    }
  }

  /** Seals every live segment; none may be open for writing. */
  void seal(BufferAllocator allocator) throws IOException {
    for (String name : names()) {
      Path live = directory.resolve(name + LIVE);
      if (Files.exists(live)) {
        Path sealed = directory.resolve(name + SEALED);
        if (!Files.exists(sealed)) {
          rewrite(live, sealed, allocator);
        }
        Files.delete(live);
        forceDirectory();
      }
    }
  }

  boolean hasLive() throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.anyMatch(file -> file.toString().endsWith(LIVE));
    }
  }

  private static String name(long epoch, int n) {
    return "%06d-%03d".formatted(epoch, n);
  }

  private SortedSet<String> names() throws IOException {
    var names = new TreeSet<String>();
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : (Iterable<Path>) files::iterator) {
          String name = file.getFileName().toString();
          if (name.endsWith(LIVE) || name.endsWith(SEALED)) {
            names.add(name.substring(0, name.lastIndexOf('.')));
          }
        }
      }
    }
    return names;
  }

  private static void readSealed(
      Path file, BufferAllocator allocator, Consumer<List<MetricRow>> batches) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ);
        var reader = new ArrowFileReader(channel, allocator)) {
      while (reader.loadNextBatch()) {
        batches.accept(MetricRowCodec.read(reader.getVectorSchemaRoot()));
      }
    }
  }

  private static void readLive(
      Path file, BufferAllocator allocator, Consumer<List<MetricRow>> batches) throws IOException {
    try (var reader = new RowSegmentReader(file, allocator)) {
      for (Optional<List<MetricRow>> batch = reader.next();
          batch.isPresent();
          batch = reader.next()) {
        batches.accept(batch.get());
      }
    }
  }

  private void rewrite(Path live, Path sealed, BufferAllocator allocator) throws IOException {
    Path unfinished = directory.resolve(sealed.getFileName() + ".tmp");
    try (var channel =
            FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        var root = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator);
        var writer = new ArrowFileWriter(root, null, channel)) {
      writer.start();
      var rows = new ArrayList<MetricRow>();
      try (var reader = new RowSegmentReader(live, allocator)) {
        for (Optional<List<MetricRow>> batch = reader.next();
            batch.isPresent();
            batch = reader.next()) {
          rows.addAll(batch.get());
          if (rows.size() >= SEALED_BATCH_ROWS) {
            write(rows, root, writer);
          }
        }
      }
      if (!rows.isEmpty()) {
        write(rows, root, writer);
      }
      writer.end();
      channel.force(true);
    }
    Files.move(unfinished, sealed, StandardCopyOption.ATOMIC_MOVE);
    forceDirectory();
  }

  private static void write(List<MetricRow> rows, VectorSchemaRoot root, ArrowFileWriter writer)
      throws IOException {
    MetricRowCodec.write(rows, root);
    writer.writeBatch();
    rows.clear();
  }

  private void forceDirectory() throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
