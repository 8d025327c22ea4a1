package io.espalier.coordinator;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Examples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real node with journal and metrics store; only the worker follows a script. */
abstract class ScriptedSweeps {
  static final String YAML =
      """
      name: demo
      model: model
      dataset: {train: train.jsonl}
      search: {space: {learning_rate: [1e-3, 1e-4]}}
      """;

  @TempDir Path folder;
  final ManualClock clock = new ManualClock();

  @BeforeEach
  void writeSpec() throws Exception {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("train.jsonl"), "{\"query\": \"a\", \"response\": \"b\"}\n");
  }

  Coordinator start() {
    return start(OptionalLong.empty());
  }

  Coordinator start(OptionalLong room) {
    CoordinatorConfig config =
        new CoordinatorConfig(
            folder.resolve("store"),
            "127.0.0.1",
            "127.0.0.1",
            0,
            0,
            0,
            CoordinatorConfig.PATIENCE,
            CoordinatorConfig.WORTH_MOVING,
            Optional.empty(),
            room,
            CoordinatorConfig.Security.NONE,
            Optional.empty(),
            clock);
    return Coordinator.start(config, new ScriptedSpecs());
  }

  SweepId submit(Coordinator coordinator) throws Exception {
    SweepSpec spec = SpecReader.parse(YAML, folder, "demo.yaml");
    return coordinator.submit(spec, YAML, folder).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  static ScriptedWorker join(Coordinator coordinator, boolean ann) throws Exception {
    String[] address = coordinator.clusterAddress().split(":");
    return ScriptedWorker.join(
        new Address("pekko", "espalier", address[0], Integer.parseInt(address[1])),
        ann ? Examples.ANN : Examples.BOB);
  }

  static SweepView view(Coordinator coordinator, SweepId sweep) throws Exception {
    return coordinator.view(sweep).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  static void prepare(ScriptedWorker worker) throws Exception {
    worker.register(1);
    worker.offer(1);
    ToWorker.Prepare task = worker.expect(ToWorker.Prepare.class);
    worker.prepared(task.sweep(), Examples.DATASET);
  }

  static void end(ScriptedWorker worker, Lease lease) throws Exception {
    int trial = lease.branch().milestones().get(0).trial().number();
    worker.ended(lease.key(), 0, Examples.result(trial, new Outcome.Completed()));
    worker.expect(ToWorker.ResultAcknowledged.class);
  }

  static Lease granted(ScriptedWorker worker) throws Exception {
    return worker.expect(ToWorker.Grant.class).lease();
  }
}
