package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** How the workers that are there are reached. */
final class Connections {
  private final Map<WorkerId, ActorRef<ToWorker>> refs = new HashMap<>();

  boolean isHere(WorkerId worker) {
    return refs.containsKey(worker);
  }

  /** Whether it was not there before. */
  boolean add(WorkerId worker, ActorRef<ToWorker> connection) {
    return refs.put(worker, connection) == null;
  }

  /** Whether it was the worker's last. */
  boolean remove(WorkerId worker, ActorRef<ToWorker> connection) {
    return refs.remove(worker, connection);
  }

  /** Goes nowhere when the worker is not there. */
  void send(WorkerId worker, ToWorker message) {
    Optional.ofNullable(refs.get(worker)).ifPresent(there -> there.tell(message));
  }
}
