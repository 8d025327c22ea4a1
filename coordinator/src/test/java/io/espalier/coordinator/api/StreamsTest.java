package io.espalier.coordinator.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

class StreamsTest {
  @Test
  void a_part_is_never_taken_for_the_whole_whatever_ends_its_writing() {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "streams");
    var disk = Executors.newSingleThreadExecutor();
    try {
      Backend.Export broken =
          out -> {
            out.write("a,b\n".getBytes(StandardCharsets.UTF_8));
            throw new OutOfMemoryError("none left");
          };
      assertThat(Streams.of(broken, disk).runWith(Sink.ignore(), system))
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withRootCauseInstanceOf(OutOfMemoryError.class);
    } finally {
      disk.shutdown();
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }
}
