package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.WorkerId;
import io.espalier.coordinator.sweep.Halt;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A worker as the fleet knows it.
 *
 * @param connected whether it has registered and its node is there
 * @param slots branches it can train at a time
 * @param free slots it last offered, less what was granted since
 * @param deadline when it counts as gone unless it is heard before
 * @param leases current attempts given to it
 */
record Member(
    WorkerId id,
    boolean connected,
    int slots,
    int free,
    Instant deadline,
    Map<Lease.Key, Held> leases) {

  /**
   * A lease at a worker.
   *
   * @param missed offers in a row that did not name it
   * @param reported whether its result is here and waits for its rows
   * @param ending how it shall end, if it shall
   */
  record Held(int missed, boolean reported, Optional<Halt> ending) {
    static final Held NEW = new Held(0, false, Optional.empty());
  }

  static Member expected(WorkerId id, Instant deadline) {
    return new Member(id, false, 0, 0, deadline, Map.of());
  }

  /** Branches it can begin now. */
  int room() {
    return connected ? Math.max(0, Math.min(free, slots - busy())) : 0;
  }

  /** Branches it can be given beyond its slots: one more for every four. */
  int ahead() {
    return connected ? Math.max(0, (slots + 3) / 4 - Math.max(0, busy() - slots)) : 0;
  }

  /** Slots that train. */
  int used() {
    return connected ? Math.min(slots, busy()) : 0;
  }

  /** Leases that train or wait for a slot. */
  int busy() {
    return (int) leases.values().stream().filter(held -> !held.reported()).count();
  }

  /** Those of them that are to go on. */
  List<Lease.Key> goingOn() {
    return leases.entrySet().stream()
        .filter(lease -> !lease.getValue().reported() && lease.getValue().ending().isEmpty())
        .map(Map.Entry::getKey)
        .toList();
  }

  Member registered(int count, Instant until) {
    return new Member(id, true, count, 0, until, leases);
  }

  Member offered(int count, int slotsFree, Collection<Lease.Key> holding, Instant until) {
    Map<Lease.Key, Held> next = new LinkedHashMap<>();
    leases.forEach(
        (key, held) ->
            next.put(
                key,
                holding.contains(key) || held.reported()
                    ? new Held(0, held.reported(), held.ending())
                    : new Held(held.missed() + 1, false, held.ending())));
    return new Member(id, connected, count, slotsFree, until, next);
  }

  Member holding(Lease.Key lease, Held held) {
    Map<Lease.Key, Held> next = new LinkedHashMap<>(leases);
    next.put(lease, held);
    return new Member(id, connected, slots, free, deadline, next);
  }

  Member changing(Lease.Key lease, UnaryOperator<Held> change) {
    Held held = leases.get(lease);
    return held == null ? this : holding(lease, change.apply(held));
  }

  Member without(Collection<Lease.Key> gone) {
    Map<Lease.Key, Held> next = new LinkedHashMap<>(leases);
    next.keySet().removeAll(gone);
    return new Member(id, connected, slots, free, deadline, next);
  }

  Member taking(int granted) {
    return new Member(id, connected, slots, Math.max(0, free - granted), deadline, leases);
  }

  Member disconnected(Instant until) {
    return new Member(id, false, slots, 0, until.isBefore(deadline) ? until : deadline, leases);
  }

  Member until(Instant later) {
    return new Member(id, connected, slots, free, later, leases);
  }

  List<Lease.Key> unnamed(int grace) {
    return leases.entrySet().stream()
        .filter(entry -> entry.getValue().missed() > grace)
        .map(Map.Entry::getKey)
        .toList();
  }
}
