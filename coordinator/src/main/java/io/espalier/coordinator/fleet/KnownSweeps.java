package io.espalier.coordinator.fleet;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.sweep.SweepActor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** The unfinished sweeps and their actors, in the order they were submitted. */
final class KnownSweeps {
  /** Empty until the sweep has introduced itself. */
  private final Map<SweepId, Optional<ActorRef<SweepActor.Command>>> actors = new LinkedHashMap<>();

  private boolean told;

  /** These are all there are from an earlier life. */
  void expect(List<SweepId> sweeps) {
    sweeps.forEach(sweep -> actors.putIfAbsent(sweep, Optional.empty()));
    told = true;
  }

  void ready(SweepId sweep, ActorRef<SweepActor.Command> actor) {
    actors.put(sweep, Optional.of(actor));
  }

  void remove(SweepId sweep) {
    actors.remove(sweep);
  }

  /** Whether every sweep of an earlier life has introduced itself. */
  boolean areReady() {
    return told && actors.values().stream().allMatch(Optional::isPresent);
  }

  Optional<ActorRef<SweepActor.Command>> actor(SweepId sweep) {
    return actors.getOrDefault(sweep, Optional.empty());
  }

  /** The next one that can be asked; the first when {@code after} is not known any more. */
  Optional<SweepId> next(Optional<SweepId> after) {
    boolean passed = after.isEmpty() || !actors.containsKey(after.get());
    for (Map.Entry<SweepId, Optional<ActorRef<SweepActor.Command>>> sweep : actors.entrySet()) {
      if (passed && sweep.getValue().isPresent()) {
        return Optional.of(sweep.getKey());
      }
      passed = passed || after.equals(Optional.of(sweep.getKey()));
    }
    return Optional.empty();
  }
}
