package io.espalier.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowSegmentTest {
  @TempDir Path directory;
  private final RootAllocator allocator = new RootAllocator();

  @AfterEach
  void nothing_native_is_left() {
    allocator.close();
  }

  @Test
  void a_reader_follows_what_is_appended() throws IOException {
    Path file = directory.resolve("rows.arrows");
    try (var segment = RowSegment.create(file, allocator);
        var reader = new RowSegmentReader(file, allocator)) {
      assertThat(reader.next()).isEmpty();
      segment.append(rows(1, 3));
      assertThat(reader.next()).contains(rows(1, 3));
      assertThat(reader.next()).isEmpty();
      RowSegment.Place place = segment.append(rows(4, 4));
      assertThat(reader.next()).contains(rows(4, 4));
      assertThat(segment.read(place)).isEqualTo(rows(4, 4));
    }
  }

  @Test
  void wherever_the_file_is_cut_the_complete_batches_are_read() throws IOException {
    Path file = directory.resolve("whole.arrows");
    long firstEnds;
    long secondEnds;
    try (var segment = RowSegment.create(file, allocator)) {
      firstEnds = segment.append(rows(1, 2)).end();
      secondEnds = segment.append(rows(3, 3)).end();
    }
    byte[] whole = Files.readAllBytes(file);
    Path cut = directory.resolve("cut.arrows");
    for (int length = 0; length <= whole.length; length++) {
      Files.write(cut, java.util.Arrays.copyOf(whole, length));
      int complete = length >= secondEnds ? 3 : length >= firstEnds ? 2 : 0;
      assertThat(readAll(cut)).as("cut at %d", length).hasSize(complete);
    }
  }

  @Test
  void a_tail_of_zeros_is_left_out() throws IOException {
    Path file = directory.resolve("zeros.arrows");
    long firstEnds;
    try (var segment = RowSegment.create(file, allocator)) {
      firstEnds = segment.append(rows(1, 2)).end();
      segment.append(rows(3, 3));
    }
    byte[] bytes = Files.readAllBytes(file);
    // The metadata of the second batch stays, its body is lost.
    java.util.Arrays.fill(bytes, (int) firstEnds + 600, bytes.length, (byte) 0);
    Files.write(file, bytes);
    assertThat(readAll(file)).isEqualTo(rows(1, 2));
  }

  @Test
  void it_is_a_plain_arrow_stream() throws IOException {
    Path file = directory.resolve("plain.arrows");
    try (var segment = RowSegment.create(file, allocator)) {
      segment.append(rows(1, 5));
      segment.append(rows(6, 7));
    }
    try (var in = Files.newInputStream(file);
        var reader = new ArrowStreamReader(in, allocator)) {
      assertThat(reader.loadNextBatch()).isTrue();
      assertThat(MetricRowCodec.read(reader.getVectorSchemaRoot())).isEqualTo(rows(1, 5));
      assertThat(reader.loadNextBatch()).isTrue();
      assertThat(reader.loadNextBatch()).isFalse();
    }
  }

  private List<MetricRow> readAll(Path file) throws IOException {
    var all = new ArrayList<MetricRow>();
    try (var reader = new RowSegmentReader(file, allocator)) {
      for (Optional<List<MetricRow>> batch = reader.next();
          batch.isPresent();
          batch = reader.next()) {
        all.addAll(batch.get());
      }
    }
    return all;
  }

  private static List<MetricRow> rows(long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(
            n ->
                new MetricRow(
                    new SweepId("a-1"),
                    new BranchId(0),
                    new Attempt(1, 1),
                    n,
                    n,
                    n / 10.0,
                    n * 4,
                    n * 100,
                    Instant.ofEpochSecond(n),
                    new Measurement.Update(1.0 / n, 1e-3, Double.NaN, 100)))
        .toList();
  }
}
