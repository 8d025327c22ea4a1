package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.protocol.Lease;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.arrow.flight.AsyncPutListener;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * How many rows a second the Flight door takes and acknowledges on loopback, from senders that have
 * nothing else to do; then all are counted in the store. Run by {@code bench/run ingest}.
 */
final class IngestLoad {
  private static final int BATCH = 1024;

  /** Batches on their way, as a worker's sender has them. */
  private static final int WINDOW = 64;

  private IngestLoad() {}

  /**
   * @param args senders, rows of each, the directory of a store that is not there
   */
  public static void main(String[] args) throws Exception {
    int senders = Integer.parseInt(args[0]);
    int batches = Integer.parseInt(args[1]) / BATCH;
    Path store = Path.of(args[2]);
    try (var exposed = new CoordinatorMetrics(Clock.systemUTC());
        MetricsService service =
            MetricsService.start(
                store, FlightDoor.Place.open("127.0.0.1", 0), 1, new OpenGate(), exposed)) {
      run(service, senders, batches / 10, 1);
      exposed.scrape("text/plain");
      var scrapes = new ArrayList<Double>();
      var over = new CompletableFuture<Void>();
      var scraper =
          new Thread(
              () -> {
                while (!over.isDone()) {
                  long began = System.nanoTime();
                  exposed.scrape("text/plain");
                  scrapes.add((System.nanoTime() - began) / 1e6);
                  pause();
                }
              });
      scraper.start();
      long began = System.nanoTime();
      run(service, senders, batches, 2);
      double seconds = (System.nanoTime() - began) / 1e9;
      over.complete(null);
      scraper.join();
      long sent = (long) senders * batches * BATCH;
      double[] sorted = scrapes.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      System.out.printf(
          Locale.ROOT,
          "%,d rows of %d senders acknowledged in %.2f s: %,.0f rows/s; a scrape %.1f ms, worst %.1f%n",
          sent,
          senders,
          seconds,
          sent / seconds,
          sorted[sorted.length / 2],
          sorted[sorted.length - 1]);
      long warm = (long) senders * (batches / 10) * BATCH;
      long stored = service.store().rows(Rows.SWEEP).count();
      System.out.printf(Locale.ROOT, "%,d rows in the store, %,d were sent%n", stored, sent + warm);
      if (stored != sent + warm) {
        throw new IllegalStateException("rows are lost or double");
      }
    }
    try (var files = Files.walk(store)) {
      System.out.printf(
          Locale.ROOT,
          "%,d bytes on the disk%n",
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum());
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run(MetricsService service, int senders, int batches, int round) {
    CompletableFuture<?>[] all =
        IntStream.range(0, senders)
            .mapToObj(
                number ->
                    CompletableFuture.runAsync(
                        () ->
                            send(
                                service.flightPort(),
                                Rows.lease(round * 1000 + number, 1),
                                batches),
                        task -> new Thread(task).start()))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(all).join();
  }

  private static void send(int port, Lease.Key lease, int batches) {
    var window = new Semaphore(WINDOW);
    var done = new CompletableFuture<Void>();
    long last = (long) batches * BATCH;
    try (var allocator = new RootAllocator();
        FlightClient client =
            FlightClient.builder(allocator, Location.forGrpcInsecure("127.0.0.1", port)).build();
        VectorSchemaRoot root = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator)) {
      FlightClient.ClientStreamListener stream =
          client.startPut(
              FlightDescriptor.path("metrics", lease.toString()),
              root,
              new AsyncPutListener() {
                private long acknowledged;

                @Override
                public void onNext(PutResult result) {
                  for (Answer answer : answers(result)) {
                    long now = ((Answer.Stored) answer).sequence();
                    window.release((int) ((now - acknowledged) / BATCH));
                    acknowledged = now;
                    if (now == last) {
                      done.complete(null);
                    }
                  }
                }
              });
      List<MetricRow> rows = Rows.updates(lease, 1, BATCH);
      MetricRowCodec.write(rows, root);
      var sequence = (BigIntVector) root.getVector("sequence");
      var update = (BigIntVector) root.getVector("update");
      var tokens = (BigIntVector) root.getVector("tokens");
      for (int batch = 0; batch < batches; batch++) {
        window.acquire();
        for (int i = 0; i < BATCH; i++) {
          long number = (long) batch * BATCH + i + 1;
          sequence.set(i, number);
          update.set(i, number);
          tokens.set(i, 100 * number);
        }
        while (!stream.isReady()) {
          LockSupport.parkNanos(50_000);
        }
        stream.putNext();
      }
      done.get(5, TimeUnit.MINUTES);
      stream.completed();
      stream.getResult();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Answer> answers(PutResult result) {
    ArrowBuf metadata = result.getApplicationMetadata();
    var bytes = new byte[Math.toIntExact(metadata.readableBytes())];
    metadata.getBytes(0, bytes);
    try {
      return Answer.decode(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
