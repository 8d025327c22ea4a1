package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.WorkerId;
import io.espalier.coordinator.report.WorkerView;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What workers said of themselves, for people: nothing is decided by it. */
final class Roster {
  private final Map<WorkerId, Entry> entries = new HashMap<>();

  private record Entry(String host, String device, Instant registered, Instant heard) {}

  void registered(ToCoordinator.Register register, Instant now) {
    entries.put(register.worker(), new Entry(register.host(), register.device(), now, now));
  }

  void heard(WorkerId worker, Instant now) {
    entries.computeIfPresent(
        worker, (id, entry) -> new Entry(entry.host(), entry.device(), entry.registered(), now));
  }

  /** By id. */
  List<WorkerView> views(Fleet fleet, Instant now) {
    entries.keySet().retainAll(fleet.members().keySet());
    return fleet.members().values().stream()
        .map(member -> view(member, fleet.quarantine().shut(member.id().place(), now)))
        .sorted(Comparator.comparing(view -> view.id().value()))
        .toList();
  }

  private WorkerView view(Member member, Optional<Quarantine.Standing> shut) {
    Optional<Entry> entry = Optional.ofNullable(entries.get(member.id()));
    return new WorkerView(
        member.id(),
        entry.map(Entry::host),
        entry.map(Entry::device),
        member.slots(),
        member.room(),
        member.leases().keySet().stream().map(Lease.Key::toString).sorted().toList(),
        member.connected(),
        entry.map(Entry::registered),
        entry.map(Entry::heard),
        shut.map(
            standing ->
                new WorkerView.Quarantine(standing.reason(), standing.until().orElseThrow())));
  }
}
