package io.espalier.coordinator.metrics;

import io.espalier.common.UserError;
import io.espalier.common.tls.NodeCertificates;
import io.espalier.coordinator.access.Tokens;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Flight door: each worker streams its rows by {@code DoPut} and gets {@link
 * io.espalier.common.metrics.Answer answers} back; readers ask by {@code ListFlights}, {@code
 * GetFlightInfo} and {@code DoGet} for what a {@link FlightReader} tells. Owns its server; the
 * store stays the caller's.
 */
public final class FlightDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FlightDoor.class);
  private static final Duration CLOSING = Duration.ofSeconds(3);

  /** Workers send a thousand rows at a time, a fiftieth of it. */
  private static final int LARGEST_MESSAGE = 16 << 20;

  private final Optional<NodeCertificates> certificates;
  private final BufferAllocator allocator = new RootAllocator();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            var thread = new Thread(task, "espalier-flight");
            thread.setDaemon(true);
            return thread;
          });
  private final Set<IngestStream> streams = ConcurrentHashMap.newKeySet();
  private final FlightServer server;
  private volatile boolean closing;

  /**
   * Where the door is, and who comes in.
   *
   * @param port 0 for any free one
   * @param certificates by directory: then only nodes of the cluster write; absent for everybody
   * @param tokens a file of those that readers need; absent where they need none
   */
  public record Place(String host, int port, Optional<Path> certificates, Optional<Path> tokens) {
    /** Of a door for everybody. */
    public static Place open(String host, int port) {
      return new Place(host, port, Optional.empty(), Optional.empty());
    }
  }

  /**
   * @param arrivals told of what comes in
   * @param tails of what comes in, for those who read it live
   * @param source completes when sweeps can be read
   * @throws UserError when the port cannot be bound
   */
  FlightDoor(
      Place place,
      MetricsStore store,
      MetricsGate gate,
      Arrivals arrivals,
      MetricTails tails,
      CompletableFuture<SweepSource> source) {
    this.certificates = place.certificates().map(NodeCertificates::in);
    var reader = new FlightReader(store, tails, source, allocator);
    var producer =
        new NoOpFlightProducer() {
          @Override
          public Runnable acceptPut(
              CallContext context, FlightStream rows, StreamListener<PutResult> answers) {
            return () -> serve(new IngestStream(rows, answers, store, gate, arrivals, allocator));
          }

          @Override
          public void listFlights(
              CallContext context, Criteria criteria, StreamListener<FlightInfo> told) {
            reader.list(told);
          }

          @Override
          public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
            return reader.info(descriptor);
          }

          @Override
          public void getStream(CallContext context, Ticket ticket, ServerStreamListener out) {
            reader.stream(ticket, out);
          }
        };
    // Pings find connections whose other end vanished without a word.
    Consumer<NettyServerBuilder> connections =
        builder -> {
          builder.keepAliveTime(30, TimeUnit.SECONDS).keepAliveTimeout(20, TimeUnit.SECONDS);
          builder.maxInboundMessageSize(LARGEST_MESSAGE);
          this.certificates.ifPresent(own -> builder.sslContext(encrypted(own)));
          builder.intercept(
              new FlightAdmission(this.certificates.isPresent(), place.tokens().map(Tokens::in)));
        };
    server =
        FlightServer.builder(
                allocator, Location.forGrpcInsecure(place.host(), place.port()), producer)
            .executor(threads)
            .transportHint("grpc.builderConsumer", connections)
            .build();
    try {
      server.start();
    } catch (IOException e) {
      this.certificates.ifPresent(NodeCertificates::close);
      threads.shutdown();
      allocator.close();
      throw new UserError(
          "Flight port %d on %s cannot be opened: %s. Another coordinator may be using it: end that one, or choose another port with --flight-port."
              .formatted(place.port(), place.host(), e.getMessage()),
          e);
    }
  }

  /** Nodes show a certificate of the cluster's authority; a {@link FlightAdmission} sees to it. */
  private static SslContext encrypted(NodeCertificates certificates) {
    try {
      return GrpcSslContexts.configure(SslContextBuilder.forServer(certificates.keys()))
          .trustManager(certificates.trust())
          .clientAuth(ClientAuth.OPTIONAL)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("every Java has TLS", e);
    }
  }

  int port() {
    return server.getPort();
  }

  private void serve(IngestStream stream) {
    streams.add(stream);
    try {
      if (!closing) {
        stream.run();
      }
    } finally {
      streams.remove(stream);
    }
  }

  /** Ends every stream; workers keep what was not acknowledged. */
  @Override
  public void close() {
    closing = true;
    streams.forEach(stream -> stream.interrupt("the coordinator is stopping"));
    certificates.ifPresent(NodeCertificates::close);
    try {
      server.close();
      threads.shutdown();
      threads.awaitTermination(CLOSING.toSeconds(), TimeUnit.SECONDS);
      awaitBuffers();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      allocator.close();
    } catch (IllegalStateException e) {
      LOG.warn("buffers of a connection that was cut off are freed with this process only", e);
    }
  }

  /** gRPC gives some back on threads of its own, which nothing here can join. */
  private void awaitBuffers() throws InterruptedException {
    long deadline = System.nanoTime() + CLOSING.toNanos();
    while (allocator.getAllocatedMemory() > 0 && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
