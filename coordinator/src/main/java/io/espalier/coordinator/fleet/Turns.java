package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.sweep.SweepInput;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Whose turn it is: offers workers' room to the sweeps, the oldest first, one question at a time
 * for a worker, until nobody has use for what there is.
 */
final class Turns {
  /** What there is, and how a sweep is asked for work. */
  interface Floor {
    Set<WorkerId> connected();

    /**
     * @param content workers for which there is nothing, though they have room
     */
    SweepInput.Room room(WorkerId worker, Set<WorkerId> content);

    /** Answered by {@link Turns#answered} or {@link Turns#without}. */
    void ask(SweepId sweep, WorkerId worker, SweepInput.Room room);
  }

  private final KnownSweeps sweeps;
  private final Floor floor;
  private final Questions questions = new Questions();
  private final Set<WorkerId> content = new HashSet<>();

  Turns(KnownSweeps sweeps, Floor floor) {
    this.sweeps = sweeps;
    this.floor = floor;
  }

  /** There may be something for everybody. */
  void all() {
    content.clear();
    floor.connected().forEach(this::of);
  }

  void of(WorkerId worker) {
    if (questions.mayBegin(worker)) {
      ask(worker, Optional.empty());
    }
  }

  /** A worker that has come may have use for what it had none for before. */
  void registered(WorkerId worker) {
    content.remove(worker);
  }

  /** A sweep has given a worker what it has, or nothing. */
  void answered(SweepId sweep, WorkerId worker, boolean something) {
    questions.answered(worker, sweep);
    if (something) {
      content.remove(worker);
      others(worker);
    }
    ask(worker, Optional.of(sweep));
  }

  /** Whoever waits for this sweep's answer gets none from it. */
  void without(SweepId sweep) {
    questions.unanswered(sweep).forEach(worker -> ask(worker, Optional.of(sweep)));
  }

  /** One worker's turn may have made another's. */
  private void others(WorkerId worker) {
    floor.connected().stream().filter(other -> !other.equals(worker)).forEach(this::of);
  }

  /** Workers that have room and were given nothing when all sweeps were last asked. */
  Set<WorkerId> content() {
    return Set.copyOf(content);
  }

  private void ask(WorkerId worker, Optional<SweepId> after) {
    SweepInput.Room room = floor.room(worker, content);
    Optional<SweepId> next = room.isNone() ? Optional.empty() : sweeps.next(after);
    if (next.isPresent()) {
      questions.asked(worker, next.get());
      floor.ask(next.get(), worker, room);
    } else if (questions.repeat(worker) && !room.isNone()) {
      ask(worker, Optional.empty());
    } else if (room.free() > 0 && content.add(worker)) {
      others(worker);
    }
  }
}
