package io.espalier.common.metrics;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;

/**
 * A file of metric rows that grows: Arrow's stream format, one record batch per append. Whatever is
 * cut off its end, {@link RowSegmentReader} reads the batches before. Not thread-safe; closes what
 * it opened, the allocator stays the caller's.
 */
public final class RowSegment implements AutoCloseable {
  /** More than describes a batch or the schema. */
  private static final int DESCRIPTION_BYTES = 4096;

  private final Path file;
  private final FileChannel channel;
  private final BufferAllocator allocator;
  private long end;

  private RowSegment(Path file, FileChannel channel, BufferAllocator allocator) {
    this.file = file;
    this.channel = channel;
    this.allocator = allocator;
  }

  /**
   * @throws IOException when the file exists or cannot be written
   */
  public static RowSegment create(Path file, BufferAllocator allocator) throws IOException {
    var channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    var segment = new RowSegment(file, channel, allocator);
    try {
      segment.write(0, out -> MessageSerializer.serialize(out, MetricRowCodec.SCHEMA));
    } catch (IOException e) {
      channel.close();
      Files.delete(file);
      throw e;
    }
    return segment;
  }

  /** Where a batch lies in the file, in bytes. */
  public record Place(long start, long end) {}

  public Path file() {
    return file;
  }

  /**
   * Appends one batch; not durable before {@link #force}. When it fails the file is as before.
   *
   * @param rows at least one
   */
  public Place append(List<MetricRow> rows) throws IOException {
    try (var root = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator)) {
      MetricRowCodec.write(rows, root);
      try (var batch = new VectorUnloader(root).getRecordBatch()) {
        return write(batch.computeBodyLength(), out -> MessageSerializer.serialize(out, batch));
      }
    }
  }

  /** Reads a batch of this file again. */
  public List<MetricRow> read(Place place) throws IOException {
    var bytes = ByteBuffer.allocate(Math.toIntExact(place.end() - place.start()));
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, place.start() + bytes.position()) < 0) {
        throw new IOException("%s ends before byte %d".formatted(file, place.end()));
      }
    }
    return RowSegmentReader.decode(
        new ByteArrayInputStream(bytes.array()), MetricRowCodec.SCHEMA, allocator);
  }

  /** Returns once everything appended is on the disk. */
  public void force() throws IOException {
    channel.force(false);
  }

  /** Where the next batch will start. */
  public long end() {
    return end;
  }

  /** Takes back what was appended from {@code start} on. */
  public void cutTo(long start) throws IOException {
    channel.truncate(start);
    end = start;
  }

  /** Ends the Arrow stream and makes it durable. */
  @Override
  public void close() throws IOException {
    try (channel) {
      write(0, out -> ArrowStreamWriter.writeEndOfStream(out, IpcOption.DEFAULT));
      force();
    }
  }

  @FunctionalInterface
  private interface Part {
    void writeTo(WriteChannel out) throws IOException;
  }

  /**
   * @param body bytes of the part but for what describes it
   */
  private Place write(long body, Part part) throws IOException {
    var bytes = new ByteArrayOutputStream(Math.toIntExact(body + DESCRIPTION_BYTES));
    part.writeTo(new WriteChannel(Channels.newChannel(bytes)));
    var buffer = ByteBuffer.wrap(bytes.toByteArray());
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer, end + buffer.position());
      }
    } catch (IOException e) {
      cutTo(end);
      throw e;
    }
    var place = new Place(end, end + buffer.limit());
    end = place.end();
    return place;
  }
}
