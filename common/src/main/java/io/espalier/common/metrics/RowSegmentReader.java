package io.espalier.common.metrics;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.MessageMetadataResult;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link RowSegment}, also while another process writes it or after its writer died: what
 * is incomplete at the end is left out. The allocator stays the caller's.
 */
public final class RowSegmentReader implements AutoCloseable {
  private static final int CONTINUATION = -1;
  private static final int PREFIX = 8;

  private final FileChannel channel;
  private final BufferAllocator allocator;
  private long position;
  private @Nullable Schema schema;

  /**
   * @throws java.nio.file.NoSuchFileException when there is no such file
   */
  public RowSegmentReader(Path file, BufferAllocator allocator) throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.allocator = allocator;
  }

  /** The next batch, or empty at the end of what is complete. May have more when asked again. */
  public Optional<List<MetricRow>> next() throws IOException {
    Schema known = schema;
    if (known == null) {
      Optional<byte[]> message = message();
      if (message.isEmpty()) {
        return Optional.empty();
      }
      known = schemaOf(message.get());
      schema = known;
    }
    long start = position;
    Optional<byte[]> message = message();
    if (message.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(decode(new ByteArrayInputStream(message.get()), known, allocator));
    } catch (IOException | RuntimeException torn) {
      // After a power loss a tail may have its length but not its bytes.
      position = start;
      return Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  static List<MetricRow> decode(InputStream message, Schema schema, BufferAllocator allocator)
      throws IOException {
    var in = new ReadChannel(Channels.newChannel(message));
    MessageMetadataResult read = MessageSerializer.readMessage(in);
    if (read == null || read.getMessage().headerType() != MessageHeader.RecordBatch) {
      throw new IOException("metric rows were expected, and something else is there");
    }
    ArrowBuf body = MessageSerializer.readMessageBody(in, read.getMessageBodyLength(), allocator);
    try {
      return rows((RecordBatch) read.getMessage().header(new RecordBatch()), body, schema);
    } finally {
      // What Arrow held of it is held for ever when damaged bytes made it fail midway.
      while (body.refCnt() > 0) {
        body.getReferenceManager().release();
      }
    }
  }

  private static List<MetricRow> rows(RecordBatch written, ArrowBuf body, Schema schema)
      throws IOException {
    try (var root = VectorSchemaRoot.create(schema, body.getReferenceManager().getAllocator());
        var batch = MessageSerializer.deserializeRecordBatch(written, body)) {
      new VectorLoader(root).load(batch);
      return MetricRowCodec.read(root);
    }
  }

  private static Schema schemaOf(byte[] message) throws IOException {
    try {
      return MessageSerializer.deserializeSchema(
          new ReadChannel(Channels.newChannel(new ByteArrayInputStream(message))));
    } catch (RuntimeException damaged) {
      throw new IOException("the description of the metric rows is damaged", damaged);
    }
  }

  /** The bytes of the next message with its prefix, or empty when they are not all there. */
  private Optional<byte[]> message() throws IOException {
    long left = channel.size() - position;
    if (left < PREFIX) {
      return Optional.empty();
    }
    ByteBuffer prefix = bytes(position, PREFIX);
    int continuation = prefix.getInt();
    int metadata = prefix.getInt();
    if (continuation != CONTINUATION || metadata <= 0 || left < PREFIX + (long) metadata) {
      return Optional.empty();
    }
    long body = bodyLength(bytes(position + PREFIX, metadata));
    long length = PREFIX + metadata + body;
    if (body < 0 || left < length) {
      return Optional.empty();
    }
    byte[] whole = bytes(position, Math.toIntExact(length)).array();
    position += length;
    return Optional.of(whole);
  }

  /** Of damaged metadata −1. */
  private static long bodyLength(ByteBuffer metadata) {
    try {
      return Message.getRootAsMessage(metadata).bodyLength();
    } catch (RuntimeException damaged) {
      return -1;
    }
  }

  private ByteBuffer bytes(long start, int length) throws IOException {
    var buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, start + buffer.position()) < 0) {
        throw new IOException("metric rows were cut while they were read");
      }
    }
    return buffer.flip();
  }
}
