package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepsActor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestingSweepsTest {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final ActorTestKit kit =
      ActorTestKit.create(
          EventSourcedBehaviorTestKit.config()
              .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
              .withFallback(ConfigFactory.load("espalier-coordinator.conf")));

  @TempDir Path folder;

  @BeforeEach
  void what_the_spec_names_is_there() throws IOException {
    Files.createDirectory(folder.resolve("model"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("train.jsonl"), "{\"query\": \"a\", \"response\": \"b\"}\n");
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private ActorRef<SweepsActor.Command> sweeps(Duration rest) {
    return kit.spawn(
        SweepsActor.create(
            new Surroundings(
                folder,
                Clock.systemUTC(),
                new ScriptedSpecs(),
                (lease, sequence) -> CompletableFuture.completedStage(null),
                new Unobserved(),
                kit.system().ignoreRef(),
                rest,
                () -> true)));
  }

  private <M, R> R ask(ActorRef<M> actor, Function<ActorRef<R>, M> question) throws Exception {
    return AskPattern.<M, R>ask(actor, question::apply, ANSWER, kit.scheduler())
        .toCompletableFuture()
        .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
  }

  private static ActorRef<SweepActor.Command> found(
      Optional<ActorRef<SweepActor.Command>> answered) {
    assertThat(answered).isPresent();
    return answered.get();
  }

  private ActorRef<SweepActor.Command> find(ActorRef<SweepsActor.Command> sweeps, SweepId id)
      throws Exception {
    return found(
        this.<SweepsActor.Command, Optional<ActorRef<SweepActor.Command>>>ask(
            sweeps, replyTo -> new SweepsActor.Find(id, replyTo)));
  }

  private SweepId submit(ActorRef<SweepsActor.Command> sweeps) throws Exception {
    var submission = new SweepsActor.Submission(Api.SPEC, folder.toString(), Map.of());
    return ask(
        sweeps,
        replyTo ->
            new SweepsActor.Submit(
                "demo", submission, Optional.empty(), false, Optional.empty(), replyTo));
  }

  private SweepView view(ActorRef<SweepActor.Command> sweep) throws Exception {
    return this.<SweepActor.Command, Optional<SweepView>>ask(sweep, SweepActor.AskView::new)
        .orElseThrow();
  }

  private void end(ActorRef<SweepActor.Command> sweep) throws Exception {
    this.<SweepActor.Command, Optional<SweepActor.Change>>ask(
        sweep,
        replyTo ->
            new SweepActor.Wish(
                new SweepInput.Stop("enough", Examples.NOW), Optional.empty(), replyTo));
  }

  @Test
  void the_actor_of_an_ended_sweep_ends_when_nobody_asks_and_another_takes_its_place()
      throws Exception {
    ActorRef<SweepsActor.Command> sweeps = sweeps(Duration.ofMillis(200));
    SweepId running = submit(sweeps);
    SweepId ended = submit(sweeps);
    ActorRef<SweepActor.Command> first = find(sweeps, ended);
    ActorRef<SweepActor.Command> other = find(sweeps, running);
    end(first);
    kit.createTestProbe().expectTerminated(first, ANSWER);
    ActorRef<SweepActor.Command> second = find(sweeps, ended);
    assertThat(second).isNotEqualTo(first);
    assertThat(view(second).state()).isEqualTo(SweepView.State.STOPPED);
    kit.createTestProbe().expectTerminated(second, ANSWER);
    assertThat(find(sweeps, running)).as("one that goes on stays").isEqualTo(other);
  }

  @Test
  void whoever_asks_while_it_ends_is_answered() throws Exception {
    ActorRef<SweepsActor.Command> sweeps = sweeps(Duration.ofMillis(1));
    SweepId id = submit(sweeps);
    ActorRef<SweepActor.Command> first = find(sweeps, id);
    end(first);
    kit.createTestProbe().expectTerminated(first, ANSWER);
    for (int i = 0; i < 200; i++) {
      find(sweeps, id);
    }
  }
}
