package io.espalier.coordinator.sweep;

import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps {@code spec.yaml}, {@code sweep.json} and the links to adapters in the store, where other
 * processes see a sweep without its journal. Blocks; at most two views a second.
 */
final class SweepScribe extends AbstractBehavior<SweepScribe.Command> {
  private static final Duration PERIOD = Duration.ofMillis(500);

  sealed interface Command {}

  /** How the sweep is now. */
  record State(Sweep sweep, Optional<SweepSpec> spec) implements Command {}

  private record Write() implements Command {}

  private final Surroundings around;
  private final TimerScheduler<Command> timers;
  private Optional<State> unwritten = Optional.empty();

  static Behavior<Command> create(Surroundings around) {
    Behavior<Command> scribe =
        Behaviors.setup(
            context -> Behaviors.withTimers(timers -> new SweepScribe(context, around, timers)));
    // A full disk is logged; the next state tries again.
    return Behaviors.supervise(scribe)
        .onFailure(UncheckedIOException.class, SupervisorStrategy.restart());
  }

  private SweepScribe(
      ActorContext<Command> context, Surroundings around, TimerScheduler<Command> timers) {
    super(context);
    this.around = around;
    this.timers = timers;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(State.class, this::changed)
        .onMessage(Write.class, write -> writeNewest())
        .build();
  }

  private Behavior<Command> changed(State state) {
    unwritten = Optional.of(state);
    if (state.sweep().end().isPresent()) {
      return writeNewest();
    }
    Write later = new Write();
    if (!timers.isTimerActive(later)) {
      timers.startSingleTimer(later, later, PERIOD);
    }
    return this;
  }

  private Behavior<Command> writeNewest() {
    Optional<State> newest = unwritten;
    unwritten = Optional.empty();
    newest.ifPresent(state -> write(around, state));
    return this;
  }

  /** Writes both files; readers see the old or the new text, never a part. */
  static void write(Surroundings around, State state) {
    Path directory = around.directory(state.sweep().id());
    publish(state.sweep(), directory);
    Path spec = directory.resolve("spec.yaml");
    if (!Files.exists(spec)) {
      write(spec, state.sweep().origin().yaml());
    }
    Surroundings.Specs specs = around.specs();
    write(directory.resolve("sweep.json"), specs.json(specs.view(state.sweep(), state.spec())));
  }

  private static void publish(Sweep sweep, Path directory) {
    try {
      for (BranchProgress progress : sweep.branches().stream().toList()) {
        for (TrialResult result : progress.results()) {
          Publication.link(directory, result);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Path whole = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(whole, text);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
