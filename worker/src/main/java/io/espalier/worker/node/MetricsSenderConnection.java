package io.espalier.worker.node;

import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.tls.NodeCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of rows to one coordinator. Used by the sender's thread; the listener hears from
 * Flight's. Owns its client and buffers.
 */
final class MetricsSenderConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsSenderConnection.class);

  private final BufferAllocator allocator;
  private final FlightClient client;
  private final VectorSchemaRoot root;
  private final FlightClient.ClientStreamListener stream;
  private volatile boolean ended;
  private boolean started;

  /** What the coordinator says. Called from Flight's threads; must not block. */
  interface Listener {
    void answered(MetricsSenderConnection from, List<Answer> answers);

    void ended(MetricsSenderConnection from, String why);
  }

  MetricsSenderConnection(
      WorkerId worker,
      String host,
      int port,
      Optional<Path> certificates,
      BufferAllocator allocator,
      Listener listener)
      throws IOException {
    this.allocator = allocator;
    client =
        certificates.isPresent()
            ? mutual(allocator, Location.forGrpcTls(host, port), certificates.get())
            : FlightClient.builder(allocator, Location.forGrpcInsecure(host, port)).build();
    root = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator);
    stream =
        client.startPut(
            FlightDescriptor.path("metrics", worker.value()),
            new FlightClient.PutListener() {
              @Override
              public void getResult() {}

              @Override
              public void onNext(PutResult result) {
                try {
                  listener.answered(MetricsSenderConnection.this, answers(result));
                } catch (IOException e) {
                  onError(e);
                }
              }

              @Override
              public void onError(Throwable problem) {
                ended = true;
                listener.ended(MetricsSenderConnection.this, String.valueOf(problem.getMessage()));
              }

              @Override
              public void onCompleted() {
                ended = true;
                listener.ended(MetricsSenderConnection.this, "the coordinator ended the stream");
              }

              @Override
              public boolean isCancelled() {
                return ended;
              }
            });
  }

  /** Both ends show a certificate; the files are read anew for each connection. */
  private static FlightClient mutual(BufferAllocator allocator, Location to, Path directory)
      throws IOException {
    try (InputStream authority =
            Files.newInputStream(directory.resolve(NodeCertificates.AUTHORITY));
        InputStream certificate =
            Files.newInputStream(directory.resolve(NodeCertificates.CERTIFICATE));
        InputStream key = Files.newInputStream(directory.resolve(NodeCertificates.KEY))) {
      return FlightClient.builder(allocator, to)
          .useTls()
          .trustedCertificates(authority)
          .clientCertificate(certificate, key)
          .build();
    }
  }

  /** Whether {@link #send} returns at once; Flight spins in it otherwise. */
  boolean ready() {
    return !ended && stream.isReady();
  }

  /**
   * @param claims what was acknowledged before this stream, for leases new to it
   */
  void send(List<MetricRow> rows, List<Answer.Stored> claims) {
    if (!started) {
      stream.start(root);
      started = true;
    }
    MetricRowCodec.write(rows, root);
    byte[] bytes = Answer.encode(claims);
    ArrowBuf metadata = allocator.buffer(bytes.length);
    metadata.writeBytes(bytes);
    stream.putNext(metadata);
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      stream.error(
          CallStatus.CANCELLED.withDescription("the worker reconnects").toRuntimeException());
    }
    root.close();
    try {
      client.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      LOG.warn("A closed metrics stream kept memory: {}", e.getMessage());
    }
  }

  private static List<Answer> answers(PutResult result) throws IOException {
    ArrowBuf metadata = result.getApplicationMetadata();
    var bytes = new byte[Math.toIntExact(metadata.readableBytes())];
    metadata.getBytes(metadata.readerIndex(), bytes);
    return Answer.decode(bytes);
  }
}
