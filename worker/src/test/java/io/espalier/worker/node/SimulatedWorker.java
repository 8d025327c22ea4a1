package io.espalier.worker.node;

import io.espalier.worker.train.Cadence;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A worker process that trains without tensors: see {@link SimulatedTrainer}. */
public final class SimulatedWorker {
  private SimulatedWorker() {}

  /**
   * Runs until it is told to end.
   *
   * @param arguments host, coordinators with commas between them, directory of the spool, slots,
   *     milliseconds of an update, milliseconds between checkpoints (0 for none)
   */
  public static void main(String... arguments) {
    // What it holds is given back first.
    System.setProperty("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
    Duration checkpointEvery = Duration.ofMillis(Long.parseLong(arguments[5]));
    int slots = Integer.parseInt(arguments[3]);
    WorkerConfig config =
        WorkerConfig.of(
            arguments[0],
            List.of(arguments[1].split(",")),
            DeviceName.CPU,
            1,
            LaneSlots.of(slots),
            Path.of(arguments[2]));
    WorkerNode node =
        WorkerNode.start(
            config,
            ReadablePlaces.anywhere(),
            () ->
                new SimulatedTrainer(
                    slots,
                    Duration.ofMillis(Long.parseLong(arguments[4])),
                    Cadence.of(checkpointEvery)));
    Runtime.getRuntime().addShutdownHook(new Thread(node::close, "end"));
    node.whenEnded().toCompletableFuture().join();
  }
}
