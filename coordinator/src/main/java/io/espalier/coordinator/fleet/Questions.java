package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.SweepId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which sweep is being asked for work for which worker. One question at a time per worker, or its
 * room would be given away twice.
 */
final class Questions {
  private final Map<WorkerId, SweepId> open = new HashMap<>();
  private final Set<WorkerId> again = new HashSet<>();

  /** Whether a round for this worker may begin; if not, one more follows the one under way. */
  boolean mayBegin(WorkerId worker) {
    if (open.containsKey(worker)) {
      again.add(worker);
      return false;
    }
    return true;
  }

  void asked(WorkerId worker, SweepId sweep) {
    open.put(worker, sweep);
  }

  void answered(WorkerId worker, SweepId sweep) {
    open.remove(worker, sweep);
  }

  /** The workers for whom this sweep was asked; it will not answer. */
  List<WorkerId> unanswered(SweepId sweep) {
    List<WorkerId> waiting =
        open.entrySet().stream()
            .filter(question -> question.getValue().equals(sweep))
            .map(Map.Entry::getKey)
            .toList();
    waiting.forEach(open::remove);
    return waiting;
  }

  /** After a round: whether another was wished for meanwhile. */
  boolean repeat(WorkerId worker) {
    return again.remove(worker);
  }
}
