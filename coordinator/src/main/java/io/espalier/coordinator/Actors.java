package io.espalier.coordinator;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.fleet.FleetActor;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepsActor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The actors that decide, and how they are asked. */
record Actors(
    ActorSystem<?> system,
    ActorRef<SweepsActor.Command> sweeps,
    ActorRef<FleetActor.Command> fleet) {

  /** Longer than the journal's circuit breaker takes to give up. */
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** Asks the actor that numbers the sweeps. */
  <T> CompletionStage<T> askSweeps(Function<ActorRef<T>, SweepsActor.Command> question) {
    return AskPattern.ask(sweeps, question::apply, ANSWER, system.scheduler());
  }

  <T> CompletionStage<T> askFleet(Function<ActorRef<T>, FleetActor.Command> question) {
    return AskPattern.ask(fleet, question::apply, ANSWER, system.scheduler());
  }

  /** Asks a sweep's actor; empty when there is no such sweep. */
  <T> CompletionStage<Optional<T>> ask(
      SweepId sweep, Function<ActorRef<T>, SweepActor.Command> question) {
    CompletionStage<Optional<ActorRef<SweepActor.Command>>> found =
        askSweeps(replyTo -> new SweepsActor.Find(sweep, replyTo));
    return found.thenCompose(
        actor -> {
          if (actor.isEmpty()) {
            return CompletableFuture.completedStage(Optional.empty());
          }
          CompletionStage<T> answer =
              AskPattern.ask(actor.get(), question::apply, ANSWER, system.scheduler());
          return answer.thenApply(Optional::of);
        });
  }
}
