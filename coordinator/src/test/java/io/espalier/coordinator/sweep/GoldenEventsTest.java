package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.BOB;
import static io.espalier.coordinator.sweep.Examples.DATASET;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.SWEEP;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.fleet.Quarantine;
import io.espalier.coordinator.fleet.QuarantineEvent;
import io.espalier.coordinator.report.SweepView;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
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

/** A journal outlives the version that wrote it. */
class GoldenEventsTest {
  private static final ActorSystem<Void> SYSTEM =
      ActorSystem.create(
          Behaviors.empty(),
          "golden",
          ConfigFactory.load(
              ConfigFactory.parseString("pekko.actor.provider = local")
                  .withFallback(ConfigFactory.parseResources("espalier-coordinator.conf"))));
  private static final Serialization SERIALIZATION = SerializationExtension.get(SYSTEM);
  private static final ObjectMapper CBOR =
      JacksonObjectMapperProvider.get(SYSTEM).getOrCreate("jackson-cbor", Optional.empty());

  private static final BranchId BRANCH = new BranchId(0);
  private static final Attempt ATTEMPT = new Attempt(2, 17);
  private static final Checkpoint CHECKPOINT = new Checkpoint(20, "branches/0/2-16/checkpoints/20");
  private static final Verdict VERDICT =
      new Verdict("asha", 23, Double.NaN, 10, List.of(Double.POSITIVE_INFINITY, 2.5), "NaN");

  @AfterAll
  static void stop() {
    SYSTEM.terminate();
  }

  @TestFactory
  Stream<DynamicTest> each_event_reads_and_writes_as_it_always_did() {
    return events().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(), () -> holds(entry.getKey(), entry.getValue())));
  }

  @Test
  void a_branch_that_trials_share_reads_and_writes_as_it_always_did() throws Exception {
    Branch longest = Examples.branch(1, 46);
    Branch.Milestone shorter =
        new Branch.Milestone(new TrialId(0), 23, Optional.of(Examples.branch(0, 23).config()));
    Branch shared =
        new Branch(BRANCH, longest.config(), List.of(shorter, longest.milestones().get(0)));
    holds("planned-shared", new SweepEvent.Planned(List.of(shared)));
  }

  @Test
  void a_branch_that_forks_reads_and_writes_as_it_always_did() throws Exception {
    Branch alone = Examples.branch(0, 46);
    var fork = new Branch.Fork(new BranchId(1), 20);
    Branch forked = new Branch(BRANCH, alone.config(), alone.milestones(), Optional.of(fork));
    holds("planned-forked", new SweepEvent.Planned(List.of(forked, Examples.branch(1, 92))));
  }

  @Test
  void a_branch_that_goes_on_from_anothers_checkpoint_reads_and_writes_as_it_always_did()
      throws Exception {
    Branch alone = Examples.branch(0, 46);
    var place = new Branch.Fork(new BranchId(1), 20, true);
    Branch clone = new Branch(BRANCH, alone.config(), alone.milestones(), Optional.of(place));
    holds("planned-cloned", new SweepEvent.Planned(List.of(clone)));
  }

  @Test
  void a_trial_that_left_a_checkpoint_reads_and_writes_as_it_always_did() throws Exception {
    var end = new Checkpoint(46, "branches/0/1-1/checkpoints/46", 12.5);
    holds(
        "trial-ended-kept",
        new SweepEvent.TrialEnded(
            BRANCH, Optional.of(ATTEMPT), Examples.ending(0, end), NOW, false));
  }

  @Test
  void the_last_trial_of_a_branch_that_goes_on_reads_and_writes_as_it_always_did()
      throws Exception {
    holds(
        "trial-ended-goes-on",
        new SweepEvent.TrialEnded(
            BRANCH, Optional.of(ATTEMPT), Examples.result(0, new Outcome.Completed()), NOW, true));
  }

  @Test
  void a_failure_and_whose_it_was_reads_and_writes_as_it_always_did() throws Exception {
    Loss failed = Loss.failed("no memory").of(ANN);
    holds("lease-lost-failed", new SweepEvent.LeaseLost(BRANCH, ATTEMPT, failed, NOW));
  }

  @Test
  void a_paused_sweep_reads_and_writes_as_it_always_did() throws Exception {
    Map<String, Journaled> before = events();
    before.keySet().retainAll(Set.of("submitted", "prepared", "planned", "paused"));
    holds("sweep-paused", state(before));
  }

  /** Snapshots hold it. */
  @Test
  void a_sweep_with_a_branch_at_rest_reads_and_writes_as_it_always_did() throws Exception {
    Map<String, Journaled> before = events();
    before.keySet().retainAll(Set.of("submitted", "prepared", "planned", "leased", "rested"));
    holds("sweep-at-rest", state(before));
  }

  @Test
  void a_sweep_with_a_branch_on_its_way_reads_and_writes_as_it_always_did() throws Exception {
    Map<String, Journaled> before = events();
    before.keySet().retainAll(Set.of("submitted", "prepared", "planned", "leased", "moving"));
    holds("sweep-moving", state(before));
  }

  @Test
  void every_event_has_a_golden_file() {
    Stream<Class<?>> sealed = Stream.of(SweepEvent.class, SweepsEvent.class, QuarantineEvent.class);
    assertThat(
            events().values().stream()
                .filter(e -> !(e instanceof Sweep))
                .map(Object::getClass)
                .distinct())
        .containsExactlyInAnyOrderElementsOf(
            sealed
                .flatMap(type -> Arrays.stream(type.getPermittedSubclasses()))
                .<Class<? extends Journaled>>map(type -> type.asSubclass(Journaled.class))
                .toList());
  }

  @Test
  void an_event_of_an_earlier_version_is_still_read() throws Exception {
    assertThat(read("earlier/lease-lost-1", SweepEvent.LeaseLost.class))
        .isEqualTo(new SweepEvent.LeaseLost(BRANCH, ATTEMPT, Loss.gone("silent"), NOW));
    Sweep snapshot = read("earlier/sweep-1", Sweep.class);
    assertThat(snapshot.excluded()).isEmpty();
    assertThat(snapshot.branches().get(BRANCH).losses()).containsExactly(Loss.gone("silent"));
    assertThat(read("earlier/submitted-1", SweepEvent.Submitted.class).files()).isEmpty();
    assertThat(read("earlier/numbered-1", SweepsEvent.Numbered.class).key()).isEmpty();
    assertThat(read("earlier/numbered-2", SweepsEvent.Numbered.class).attended()).isFalse();
    Sweep later = read("earlier/sweep-2", Sweep.class);
    assertThat(later.ratings()).isEmpty();
    assertThat(later.origin().files()).isEmpty();
    assertThat(later.branches().get(BRANCH).stop()).isEmpty();
    assertThat(read("earlier/prepared-1", SweepEvent.Prepared.class).dataset().leftOut()).isEmpty();
    assertThat(read("earlier/sweep-3", Sweep.class).branches().get(BRANCH)).isNotNull();
    Sweep before = read("earlier/sweep-4", Sweep.class);
    assertThat(before.branches().get(BRANCH).checkpoints()).isEmpty();
    assertThat(read("earlier/sweep-5", Sweep.class).branches().get(BRANCH).current())
        .contains(
            new BranchProgress.Running(
                ATTEMPT, ANN, Optional.of(CHECKPOINT), Optional.empty(), false));
    assertThat(read("earlier/leased-1", SweepEvent.Leased.class).start()).isEmpty();
    assertThat(read("earlier/planned-1", SweepEvent.Planned.class))
        .isEqualTo(read("planned", SweepEvent.Planned.class));
    assertThat(read("earlier/trial-ended-1", SweepEvent.TrialEnded.class).result().provenance())
        .isEmpty();
  }

  private static <T> T read(String name, Class<T> type) throws Exception {
    try (InputStream golden =
        GoldenEventsTest.class.getResourceAsStream("golden/" + name + ".cbor")) {
      return CBOR.readValue(golden, type);
    }
  }

  private static void holds(String name, Journaled event) throws Exception {
    Serializer serializer = SERIALIZATION.findSerializerFor(event);
    String manifest = Serializers.manifestFor(serializer, event);
    byte[] written = SERIALIZATION.serialize(event).get();
    Path copy = Files.createDirectories(Path.of("target/golden")).resolve(name + ".cbor");
    Files.write(copy, written);
    try (InputStream golden =
        GoldenEventsTest.class.getResourceAsStream("golden/" + name + ".cbor")) {
      assertThat(golden)
          .as("golden file; a new event's bytes are in " + copy.toAbsolutePath())
          .isNotNull();
      byte[] bytes = golden.readAllBytes();
      assertThat(SERIALIZATION.deserialize(bytes, serializer.identifier(), manifest).get())
          .isEqualTo(event);
      assertThat(CBOR.readTree(written)).isEqualTo(CBOR.readTree(bytes));
    }
  }

  private static Map<String, Journaled> events() {
    Map<String, Journaled> events = new LinkedHashMap<>();
    events.put(
        "submitted",
        new SweepEvent.Submitted(
            SWEEP, "name: demo\n", "/specs", Map.of("train.jsonl", "5e88"), NOW));
    events.put("preparation-assigned", new SweepEvent.PreparationAssigned(ANN, NOW));
    events.put("prepared", new SweepEvent.Prepared(ANN, DATASET, NOW));
    events.put("planned", new SweepEvent.Planned(List.of(Examples.branch(0, 46))));
    events.put("leased", new SweepEvent.Leased(BRANCH, ATTEMPT, ANN, Optional.of(CHECKPOINT), NOW));
    events.put("checkpoint-kept", new SweepEvent.CheckpointKept(BRANCH, ATTEMPT, CHECKPOINT, NOW));
    events.put(
        "evaluated",
        new SweepEvent.Evaluated(
            BRANCH, ATTEMPT, List.of(Examples.loss(23, 0.5), Examples.loss(46, Double.NaN))));
    events.put("judged", new SweepEvent.Judged(BRANCH, ATTEMPT, VERDICT));
    events.put(
        "lease-lost", new SweepEvent.LeaseLost(BRANCH, ATTEMPT, Loss.returned("stopped"), NOW));
    events.put("worker-excluded", new SweepEvent.WorkerExcluded(ANN, "another model", NOW));
    events.put("stop-requested", new SweepEvent.StopRequested("enough", NOW));
    events.put(
        "trial-stop-requested",
        new SweepEvent.TrialStopRequested(BRANCH, new TrialId(0), "enough", NOW));
    events.put(
        "rated", new SweepEvent.Rated(new TrialId(0), new Rating("human_pass_rate", 0.8, 50), NOW));
    // The state is in snapshots.
    events.put("sweep", state(events));
    events.put("checkpoint-dropped", new SweepEvent.CheckpointDropped(BRANCH, CHECKPOINT, NOW));
    events.put(
        "rested",
        new SweepEvent.Rested(
            BRANCH,
            ATTEMPT,
            CHECKPOINT,
            List.of(Examples.result(0, new Outcome.Stopped("it rests after update 20"))),
            NOW));
    events.put("moving", new SweepEvent.Moving(BRANCH, ATTEMPT, BOB, NOW));
    events.put(
        "held",
        new QuarantineEvent.Held(
            "gpu1-cuda0",
            new Quarantine.Standing(
                List.of(new Quarantine.Failure(SWEEP, BRANCH, "no device")), 1, Optional.of(NOW))));
    events.put("forgotten", new QuarantineEvent.Forgotten("gpu1-cuda0"));
    events.put("released", new QuarantineEvent.Released("gpu1-cuda0", Optional.of("ann"), NOW));
    events.put("retried", new SweepEvent.Retried(List.of(new TrialId(0)), NOW));
    events.put("asked", new SweepEvent.Asked("ann", "pause", NOW));
    events.put("paused", new SweepEvent.Paused(NOW));
    events.put("end-dropped", new SweepEvent.EndDropped(BRANCH, new TrialId(0), CHECKPOINT, NOW));
    events.put("checkpoints-dropped", new SweepEvent.CheckpointsDropped(NOW));
    events.put(
        "budget-changed", new SweepEvent.BudgetChanged(200, Optional.of(Duration.ofHours(8)), NOW));
    events.put("resumed", new SweepEvent.Resumed(NOW));
    events.put("removed", new SweepsEvent.Removed(SWEEP, Optional.empty()));
    events.put("removed-by", new SweepsEvent.Removed(SWEEP, Optional.of("ann")));
    events.put("reopened", new SweepEvent.Reopened(NOW));
    events.put("preparation-lost", new SweepEvent.PreparationLost(ANN, "gone", NOW));
    events.put(
        "trial-ended",
        new SweepEvent.TrialEnded(
            BRANCH,
            Optional.of(ATTEMPT),
            Examples.result(0, new Outcome.Killed(VERDICT)),
            NOW,
            false));
    events.put(
        "sweep-ended",
        new SweepEvent.SweepEnded(SweepView.State.FAILED, Optional.of("every trial failed"), NOW));
    events.put("numbered", new SweepsEvent.Numbered(SWEEP, Optional.of("key"), true));
    events.put("closed", new SweepsEvent.Closed(SWEEP));
    events.put("opened", new SweepsEvent.Opened(SWEEP, true));
    return events;
  }

  private static Sweep state(Map<String, Journaled> events) {
    Sweep sweep = Sweep.unsubmitted(SWEEP);
    for (Journaled event : events.values()) {
      sweep = sweep.apply((SweepEvent) event);
    }
    return sweep;
  }
}
