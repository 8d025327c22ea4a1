package io.espalier.coordinator.sweep;

import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps {@code spec.yaml}, {@code sweep.json} and the links to adapters in the store, where other
 * processes see a sweep without its journal. Blocks; at most two views a second, and fewer where
 * one takes long to write.
 */
final class SweepScribe extends AbstractBehavior<SweepScribe.Command> {
  private static final Duration PERIOD = Duration.ofMillis(500);

  /** A view of many trials is written so much less often that it takes this share of a core. */
  private static final double SHARE = 0.1;

  private static final Duration UNTIL_NEXT_TRY = Duration.ofSeconds(5);

  sealed interface Command {}

  /** How the sweep is now. */
  record State(Sweep sweep, Optional<SweepSpec> spec) implements Command {}

  /** How an ended sweep is, whose files may say less: an earlier life may not have got to it. */
  record Recovered(State state) implements Command {}

  /** A checkpoint that nobody needs any more. */
  record Dropped(SweepId sweep, Checkpoint checkpoint) implements Command {}

  private record Write() implements Command {}

  private final Surroundings around;
  private final Runnable kept;
  private final TimerScheduler<Command> timers;
  private final Set<String> published = new HashSet<>();
  private Optional<State> unwritten = Optional.empty();
  private Duration period = PERIOD;

  /**
   * @param kept run on the scribe's thread when the state of an ended sweep is in its files
   */
  static Behavior<Command> create(Surroundings around, Runnable kept) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new SweepScribe(context, around, kept, timers)));
  }

  private SweepScribe(
      ActorContext<Command> context,
      Surroundings around,
      Runnable kept,
      TimerScheduler<Command> timers) {
    super(context);
    context.setLoggerName(SweepScribe.class);
    this.around = around;
    this.kept = kept;
    this.timers = timers;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(State.class, this::changed)
        .onMessage(Recovered.class, this::recovered)
        .onMessage(Dropped.class, this::dropped)
        .onMessage(Write.class, write -> writeNewest())
        .build();
  }

  private Behavior<Command> changed(State state) {
    unwritten = Optional.of(state);
    return state.sweep().end().isPresent() ? writeNewest() : writeAfter(period);
  }

  /** Whoever removed a sweep's directory does not want it back. */
  private Behavior<Command> recovered(Recovered recovered) {
    State state = recovered.state();
    return Files.exists(around.directory(state.sweep().id())) ? changed(state) : this;
  }

  private Behavior<Command> dropped(Dropped dropped) {
    Path sweep = around.directory(dropped.sweep());
    String place = dropped.checkpoint().place();
    Path file = sweep.resolve(place).normalize();
    try {
      // A worker named it.
      if (file.startsWith(sweep) && around.lasts().getAsBoolean()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      getContext().getLog().warn("{} stays though nobody needs it: {}", place, e.toString());
    }
    return this;
  }

  private Behavior<Command> writeAfter(Duration time) {
    Write later = new Write();
    if (!timers.isTimerActive(later)) {
      timers.startSingleTimer(later, later, time);
    }
    return this;
  }

  private Behavior<Command> writeNewest() {
    if (unwritten.isEmpty()) {
      return this;
    }
    State state = unwritten.get();
    long began = System.nanoTime();
    try {
      write(around, state, published);
    } catch (RuntimeException e) {
      getContext()
          .getLog()
          .error(
              "The files of {} cannot be written: {}. Is the disk full or read-only? It is tried again.",
              state.sweep().id(),
              e.toString());
      return writeAfter(UNTIL_NEXT_TRY);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    Duration rare = Duration.ofNanos((long) (took.toNanos() / SHARE));
    period = rare.compareTo(PERIOD) > 0 ? rare : PERIOD;
    unwritten = Optional.empty();
    if (state.sweep().end().isPresent()) {
      clear(state.sweep());
      kept.run();
    }
    return this;
  }

  /** What stays costs room and nothing else. */
  private void clear(Sweep ended) {
    try {
      if (around.lasts().getAsBoolean()) {
        Leftovers.clear(around.directory(ended.id()), ended);
      }
    } catch (IOException e) {
      getContext().getLog().warn("checkpoints of {} stay: {}", ended.id(), e.toString());
    }
  }

  /** As below, once. */
  static void write(Surroundings around, State state) {
    write(around, state, new HashSet<>());
  }

  /**
   * Writes both files; readers see the old or the new text, never a part.
   *
   * @param published adapters to which links are known to be there; grows
   */
  private static void write(Surroundings around, State state, Set<String> published) {
    Path directory = around.directory(state.sweep().id());
    publish(state.sweep(), directory, published);
    Path spec = directory.resolve("spec.yaml");
    if (!Files.exists(spec)) {
      write(spec, state.sweep().origin().yaml());
    }
    Surroundings.Specs specs = around.specs();
    String json = specs.json(specs.view(state.sweep(), state.spec()));
    // A process that was frozen on its way here may find the file of another, which knows more.
    if (around.lasts().getAsBoolean()) {
      write(directory.resolve("sweep.json"), json);
    }
  }

  private static void publish(Sweep sweep, Path directory, Set<String> published) {
    try {
      for (BranchProgress progress : sweep.branches().stream().toList()) {
        for (TrialResult result : progress.results()) {
          if (result.adapter().isPresent() && !published.contains(result.adapter().get())) {
            Publication.link(directory, result);
            published.add(result.adapter().get());
          }
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
