package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.flight.AsyncPutListener;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.awaitility.Awaitility;

/** A bare Flight client that puts rows and keeps the answers. */
final class PutStream implements AutoCloseable {
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final BufferAllocator allocator = new RootAllocator();
  private final FlightClient client;
  private final VectorSchemaRoot root = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator);
  private final FlightClient.ClientStreamListener stream;
  private final AsyncPutListener listener =
      new AsyncPutListener() {
        @Override
        public void onNext(PutResult result) {
          ArrowBuf metadata = result.getApplicationMetadata();
          var bytes = new byte[(int) metadata.readableBytes()];
          metadata.getBytes(0, bytes);
          try {
            answers.addAll(Answer.decode(bytes));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  PutStream(int port) {
    client = FlightClient.builder(allocator, Location.forGrpcInsecure("127.0.0.1", port)).build();
    stream = client.startPut(FlightDescriptor.path("metrics", "test"), root, listener);
  }

  void put(List<MetricRow> rows) {
    MetricRowCodec.write(rows, root);
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(stream::isReady);
    stream.putNext();
  }

  Answer answer() throws InterruptedException {
    return answers.poll(10, TimeUnit.SECONDS);
  }

  boolean unanswered() {
    return answers.isEmpty();
  }

  boolean ended() {
    return listener.isCancelled();
  }

  @Override
  public void close() throws InterruptedException {
    if (!ended()) {
      stream.completed();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(this::ended);
    }
    root.close();
    client.close();
    allocator.close();
  }
}
