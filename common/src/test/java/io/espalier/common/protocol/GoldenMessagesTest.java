package io.espalier.common.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.spec.BestSpec;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.RowSource;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import org.apache.pekko.serialization.jackson.JacksonObjectMapperProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Nodes of different versions talk to each other: what one wrote, all others read. */
class GoldenMessagesTest {
  private static final ActorSystem<Void> SYSTEM =
      ActorSystem.create(
          Behaviors.empty(),
          "golden",
          ConfigFactory.load(ConfigFactory.parseResources("espalier-common.conf")));
  private static final Serialization SERIALIZATION = SerializationExtension.get(SYSTEM);
  private static final ObjectMapper CBOR =
      JacksonObjectMapperProvider.get(SYSTEM).getOrCreate("jackson-cbor", Optional.empty());

  private static final WorkerId WORKER = new WorkerId("host-cpu-3f");
  private static final SweepId SWEEP = new SweepId("demo-1");
  private static final Lease.Key KEY = new Lease.Key(SWEEP, new BranchId(4), new Attempt(2, 17));
  private static final Provenance PROVENANCE =
      new Provenance(
          "0a1b2c", "2.7.1", "cpu Xeon", "AVX512", "17.0.9", "d1", "m1", 1 << 30, Optional.empty());
  private static final Provenance ON_A_GPU =
      new Provenance(
          "0a1b2c",
          "2.7.1",
          "cuda:0",
          "AVX512",
          "17.0.9",
          "d1",
          "m1",
          1 << 30,
          Optional.of(new Provenance.Gpu("NVIDIA H200", "570.86.15", Optional.of("12.8"))));

  @AfterAll
  static void stop() {
    SYSTEM.terminate();
  }

  @TestFactory
  Stream<DynamicTest> each_message_reads_and_writes_as_it_always_did() {
    return messages().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(), () -> holds(entry.getKey(), entry.getValue())));
  }

  @Test
  void every_message_has_a_golden_file() {
    Stream<Class<?>> sealed = Stream.of(ToCoordinator.class, ToWorker.class);
    assertThat(messages().values().stream().map(Object::getClass))
        .containsExactlyInAnyOrderElementsOf(
            sealed
                .flatMap(type -> Arrays.stream(type.getPermittedSubclasses()))
                .<Class<? extends ClusterMessage>>map(type -> type.asSubclass(ClusterMessage.class))
                .toList());
  }

  /** What earlier versions wrote: read as if what they did not know were left out. */
  @TestFactory
  Stream<DynamicTest> each_message_of_an_earlier_version_is_still_read() {
    return earlier().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () ->
                        assertThat(read(entry.getKey(), entry.getValue()))
                            .isEqualTo(entry.getValue())));
  }

  @Test
  void what_happens_between_epochs_reaches_the_workers() throws Exception {
    var steps =
        new StepsSpec(
            OptionalInt.of(5),
            true,
            OptionalInt.empty(),
            2,
            Optional.of(new BestSpec("eval_loss", ObjectiveSpec.Mode.MIN)),
            OptionalInt.of(1));
    TaskSettings old = settings();
    var message =
        new ToWorker.Prepare(
            SWEEP,
            new TaskSettings(
                old.model(),
                old.dataset(),
                old.evaluation(),
                old.guard(),
                old.earlyStopping(),
                old.best(),
                Optional.of(steps)),
            training());
    Serializer serializer = SERIALIZATION.findSerializerFor(message);
    byte[] written = SERIALIZATION.serialize(message).get();
    assertThat(
            SERIALIZATION
                .deserialize(
                    written, serializer.identifier(), Serializers.manifestFor(serializer, message))
                .get())
        .isEqualTo(message);
  }

  private static Map<String, ClusterMessage> earlier() {
    return Map.ofEntries(
        Map.entry("offer-without-slots", new ToCoordinator.Offer(WORKER, 0, 1, List.of(KEY))),
        Map.entry(
            "milestones-reached-without-gpu",
            new ToCoordinator.MilestonesReached(
                WORKER, KEY, List.of(completed(Optional.of(PROVENANCE))), 57)),
        Map.entry(
            "preparation-failed-without-place",
            new ToCoordinator.PreparationFailed(WORKER, SWEEP, "data.jsonl:3: not JSON", false)),
        Map.entry("register-without-settings", register(Optional.empty())),
        Map.entry(
            "branch-ended-without-provenance",
            new ToCoordinator.BranchEnded(
                WORKER,
                KEY,
                List.of(completed(Optional.empty()), killed(), failed()),
                123,
                Optional.empty())),
        Map.entry(
            "grant-without-start",
            new ToWorker.Grant(
                new Lease(
                    SWEEP,
                    KEY.attempt(),
                    branch(),
                    settings(),
                    dataset(),
                    "/store/sweeps/demo-1"))),
        Map.entry(
            "prepared-without-reasons",
            new ToCoordinator.Prepared(WORKER, SWEEP, dataset(List.of()))),
        Map.entry(
            "prepare-before-lists-of-files", new ToWorker.Prepare(SWEEP, settings(), training())),
        Map.entry("prepare-without-answers", new ToWorker.Prepare(SWEEP, settings(), training())),
        Map.entry(
            "branch-ended-without-rest",
            new ToCoordinator.BranchEnded(
                WORKER,
                KEY,
                List.of(completed(Optional.of(PROVENANCE)), killed(), failed()),
                123,
                Optional.empty())),
        Map.entry(
            "grant-without-rest",
            new ToWorker.Grant(
                new Lease(
                    SWEEP,
                    KEY.attempt(),
                    branch(),
                    settings(),
                    dataset(),
                    "/store/sweeps/demo-1",
                    Optional.of(new Checkpoint(30, "branches/1/2-9/checkpoints/30")),
                    List.of(40L),
                    Optional.empty()))));
  }

  private static Object read(String name, ClusterMessage like) throws Exception {
    Serializer serializer = SERIALIZATION.findSerializerFor(like);
    String manifest = Serializers.manifestFor(serializer, like);
    return SERIALIZATION.deserialize(golden(name), serializer.identifier(), manifest).get();
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream golden =
        GoldenMessagesTest.class.getResourceAsStream("golden/" + name + ".cbor")) {
      assertThat(golden)
          .as("golden file; a new message's bytes are in target/golden/" + name + ".cbor")
          .isNotNull();
      return golden.readAllBytes();
    }
  }

  private static void holds(String name, ClusterMessage message) throws Exception {
    byte[] written = SERIALIZATION.serialize(message).get();
    Path copy = Files.createDirectories(Path.of("target/golden")).resolve(name + ".cbor");
    Files.write(copy, written);
    assertThat(read(name, message)).isEqualTo(message);
    assertThat(CBOR.readTree(written)).isEqualTo(CBOR.readTree(golden(name)));
  }

  private static Map<String, ClusterMessage> messages() {
    return Map.ofEntries(
        Map.entry(
            "register",
            register(
                Optional.of(
                    new ClusterSettings(Map.of("pekko.cluster.downing-provider-class", "Sbr"))))),
        Map.entry("offer", new ToCoordinator.Offer(WORKER, 2, 1, List.of(KEY))),
        Map.entry("prepared", new ToCoordinator.Prepared(WORKER, SWEEP, dataset())),
        Map.entry(
            "preparation-failed",
            new ToCoordinator.PreparationFailed(WORKER, SWEEP, "no model here", true)),
        Map.entry("unfit", new ToCoordinator.Unfit(WORKER, SWEEP, "another model")),
        Map.entry(
            "milestones-reached",
            new ToCoordinator.MilestonesReached(
                WORKER, KEY, List.of(completed(Optional.of(ON_A_GPU))), 57)),
        Map.entry(
            "checkpoint-left",
            new ToCoordinator.CheckpointLeft(
                WORKER, KEY, new Checkpoint(30, "branches/4/2-17/checkpoints/30"), 57)),
        Map.entry(
            "branch-ended",
            new ToCoordinator.BranchEnded(
                WORKER,
                KEY,
                List.of(completed(Optional.of(PROVENANCE)), killed(), failed()),
                123,
                Optional.of(new Checkpoint(30, "branches/4/2-17/checkpoints/30")))),
        Map.entry(
            "registered",
            new ToWorker.Registered(
                2,
                "127.0.0.1",
                8351,
                new StoreMark("/store", "0f3a"),
                List.of(new ToWorker.Stored(KEY, 57)))),
        Map.entry("refused", new ToWorker.Refused("protocol 2, but 1 is spoken here")),
        Map.entry("heard", new ToWorker.Heard()),
        Map.entry("prepare", new ToWorker.Prepare(SWEEP, settings(), training())),
        Map.entry(
            "grant",
            new ToWorker.Grant(
                new Lease(
                    SWEEP,
                    KEY.attempt(),
                    branch(),
                    settings(),
                    dataset(),
                    "/store/sweeps/demo-1",
                    Optional.of(new Checkpoint(30, "branches/1/2-9/checkpoints/30")),
                    List.of(40L),
                    Optional.of(60L)))),
        Map.entry(
            "stop-branch", new ToWorker.StopBranch(KEY, new Outcome.Stopped("enough"), false)),
        Map.entry(
            "milestones-acknowledged",
            new ToWorker.MilestonesAcknowledged(KEY, List.of(new TrialId(4), new TrialId(5)))),
        Map.entry("checkpoint-acknowledged", new ToWorker.CheckpointAcknowledged(KEY, 30)),
        Map.entry("result-acknowledged", new ToWorker.ResultAcknowledged(KEY)));
  }

  private static ToCoordinator.Register register(Optional<ClusterSettings> settings) {
    ActorRef<ToWorker> worker =
        ActorRefResolver.get(SYSTEM).resolveActorRef("pekko://golden/user/worker#7");
    return new ToCoordinator.Register(
        WORKER, 1, settings, "host", "cpu, 2 lanes", 2, List.of(KEY), worker);
  }

  private static DatasetSummary dataset() {
    return dataset(List.of("2 rows of train.jsonl"));
  }

  private static DatasetSummary dataset(List<String> leftOut) {
    return new DatasetSummary(90, 10, 24, 4000, 1500, 61, 2, 1_200_000, "d1", "m1", leftOut);
  }

  private static TrialResult completed(Optional<Provenance> provenance) {
    return new TrialResult(
        new TrialId(4),
        new Outcome.Completed(),
        46,
        2,
        180,
        8000,
        OptionalDouble.of(0.5),
        Map.of("eval_loss", 0.25, "retention_accuracy", 1.0),
        12.5,
        Optional.of("branches/4/2-17/adapter"),
        provenance);
  }

  private static TrialResult killed() {
    Verdict verdict =
        new Verdict(
            "non_finite", 3, Double.NaN, Double.NaN, List.of(2.5, Double.POSITIVE_INFINITY), "NaN");
    return ended(5, new Outcome.Killed(verdict));
  }

  private static TrialResult failed() {
    return ended(6, new Outcome.Failed("out of memory"));
  }

  private static TrialResult ended(int trial, Outcome outcome) {
    return new TrialResult(
        new TrialId(trial),
        outcome,
        2,
        0.1,
        8,
        300,
        OptionalDouble.empty(),
        Map.of(),
        0.5,
        Optional.empty(),
        Optional.empty());
  }

  private static TaskSettings settings() {
    return new TaskSettings(
        "/models/tiny",
        new DatasetSpec(
            List.of(RowSource.parse("/data/train.jsonl")),
            List.of(),
            OptionalDouble.of(0.1),
            List.of(RowSource.parse("/data/general.jsonl")),
            Optional.empty(),
            Map.of("NAME", List.of("小枝", "Twig")),
            true,
            Optional.empty(),
            42,
            false),
        new EvaluationSpec(true, Set.of(EvaluationSpec.Metric.LOSS), false, 64),
        new GuardSpec(
            true,
            Optional.of(new GuardSpec.LossSpike(10, 100, 4)),
            Optional.empty(),
            Optional.of(GuardSpec.GradientNorm.stopping(100))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static Branch branch() {
    return new Branch(
        KEY.branch(),
        new TrialConfig(new TrialId(4), Map.of("learning_rate", "1e-3"), training()),
        List.of(new Branch.Milestone(new TrialId(4), 46)));
  }

  private static Training training() {
    return Hyperparameters.of(
            Map.of(
                "torch_dtype",
                "float32",
                "learning_rate",
                "1e-3",
                "num_train_epochs",
                "2",
                "per_device_train_batch_size",
                "4",
                "warmup_ratio",
                "0.05",
                "warmup_steps",
                "3",
                "adam_beta2",
                "0.999",
                "max_length",
                "512"))
        .training();
  }
}
