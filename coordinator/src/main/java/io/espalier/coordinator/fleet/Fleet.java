package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.sweep.Halt;
import io.espalier.coordinator.sweep.SweepInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Who is there, what they hold and what is free. Soft state: rebuilt from what sweeps and workers
 * say after a restart.
 *
 * @param patience how long a worker may be silent
 * @param members by worker
 * @param preparing who reads the data of which sweep
 * @param ticked when {@link #tick} was last called
 * @param quarantine who gets nothing for a while
 */
record Fleet(
    Duration patience,
    Map<WorkerId, Member> members,
    Map<SweepId, WorkerId> preparing,
    Instant ticked,
    Quarantine quarantine) {

  /** So many offers in a row may leave out a lease: one may cross the grant on its way. */
  static final int GRACE_OFFERS = 2;

  /** A worker that starts its actor system again is back within this time. */
  static final Duration REJOIN = Duration.ofSeconds(5);

  Fleet {
    members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    preparing = Map.copyOf(preparing);
  }

  /** What came to nothing, and why. */
  record Loss(WorkerId worker, List<Lease.Key> leases, List<SweepId> preparations, String reason) {}

  static Fleet empty(Duration patience, Instant now) {
    return new Fleet(patience, Map.of(), Map.of(), now, Quarantine.EMPTY);
  }

  Optional<Member> member(WorkerId worker) {
    return Optional.ofNullable(members.get(worker));
  }

  /**
   * What a worker may be given next. Branches go round: nobody gets a second one while another
   * worker that has use for it has fewer.
   *
   * @param content workers for which there is nothing, though they have room
   */
  SweepInput.Room room(WorkerId worker, Set<WorkerId> content, Instant now) {
    if (quarantine.isShut(worker.place(), now)) {
      return new SweepInput.Room(0, 0, slots());
    }
    int busy = member(worker).map(Member::busy).orElse(0);
    int turns =
        members.values().stream()
            .filter(other -> !other.id().equals(worker) && !content.contains(other.id()))
            .filter(other -> !quarantine.isShut(other.id().place(), now))
            .filter(other -> other.room() > 0)
            .mapToInt(other -> Math.max(0, other.busy() + 1 - busy))
            .min()
            .orElse(Integer.MAX_VALUE);
    return new SweepInput.Room(
        Math.min(turns, member(worker).map(Member::room).orElse(0)),
        turns < Integer.MAX_VALUE ? 0 : member(worker).map(Member::ahead).orElse(0),
        slots(),
        others(worker.place(), now).isEmpty());
  }

  /** Places that could train in the stead of this one. */
  private Set<String> others(String place, Instant now) {
    return connected().stream()
        .map(WorkerId::place)
        .filter(other -> !other.equals(place) && !quarantine.isShut(other, now))
        .collect(Collectors.toSet());
  }

  /** A worker failed a branch; where it failed at several places, it is held against none. */
  Fleet failed(WorkerId worker, Quarantine.Failure failure, boolean everywhere, Instant now) {
    return with(
        everywhere
            ? quarantine.absolved(failure.sweep(), failure.branch())
            : quarantine.failed(worker.place(), failure, others(worker.place(), now), now));
  }

  /** The holder of a lease trained a trial to its end. */
  Fleet trained(Lease.Key lease) {
    return holder(lease).map(worker -> with(quarantine.trained(worker.place()))).orElse(this);
  }

  /** Its place was mended, or so somebody says. */
  Fleet released(WorkerId worker) {
    return with(quarantine.released(worker.place()));
  }

  Fleet with(Quarantine next) {
    return new Fleet(patience, members, preparing, ticked, next);
  }

  boolean holds(WorkerId worker, Lease.Key lease) {
    return member(worker).map(m -> m.leases().containsKey(lease)).orElse(false);
  }

  /** How a lease that this worker names shall end; empty when it shall go on. */
  Optional<Halt> ending(WorkerId worker, Lease.Key lease) {
    Optional<Member> member = member(worker);
    if (member.isEmpty() || !member.get().leases().containsKey(lease)) {
      return Optional.of(Halt.forGood(new Outcome.Stopped("this attempt no longer counts")));
    }
    return Optional.ofNullable(member.get().leases().get(lease)).flatMap(Member.Held::ending);
  }

  /** Of a sweep one worker trains several branches, and another could train one of them. */
  record Imbalance(SweepId sweep, WorkerId from, WorkerId to) {}

  /**
   * Between the worker with the most branches and the one with the fewest, of the sweep that has
   * most there; empty where a branch's move would turn it round.
   *
   * @param content workers for which there is nothing, though they have room
   */
  Optional<Imbalance> imbalance(Set<WorkerId> content, Instant now) {
    Optional<Member> least =
        content.stream()
            .flatMap(worker -> member(worker).stream())
            .filter(member -> member.room() > 0 && !quarantine.isShut(member.id().place(), now))
            .min(Comparator.comparingInt(Member::busy));
    Optional<Member> most =
        members.values().stream()
            .filter(Member::connected)
            .max(Comparator.comparingInt(member -> member.goingOn().size()));
    if (least.isEmpty() || most.isEmpty() || most.get().goingOn().size() < least.get().busy() + 2) {
      return Optional.empty();
    }
    Map<SweepId, Long> counts =
        most.get().goingOn().stream()
            .collect(Collectors.groupingBy(Lease.Key::sweep, Collectors.counting()));
    return counts.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(sweep -> new Imbalance(sweep.getKey(), most.get().id(), least.get().id()));
  }

  /** Who holds a lease. */
  Optional<WorkerId> holder(Lease.Key lease) {
    return members.values().stream()
        .filter(member -> member.leases().containsKey(lease))
        .map(Member::id)
        .findFirst();
  }

  Fleet registered(WorkerId worker, int slots, Instant now) {
    Member known = member(worker).orElse(Member.expected(worker, now));
    return with(known.registered(slots, now.plus(patience)));
  }

  Fleet offered(WorkerId worker, int slots, int free, Collection<Lease.Key> holding, Instant now) {
    return change(worker, member -> member.offered(slots, free, holding, now.plus(patience)));
  }

  /** Its node or its connection is gone; it has a moment to come back. */
  Fleet disconnected(WorkerId worker, Instant now) {
    return change(worker, member -> member.disconnected(now.plus(REJOIN)));
  }

  Fleet granted(WorkerId worker, Lease.Key lease) {
    return change(worker, member -> member.holding(lease, Member.Held.NEW).taking(1));
  }

  Fleet preparing(SweepId sweep, WorkerId worker) {
    Map<SweepId, WorkerId> next = new LinkedHashMap<>(preparing);
    next.put(sweep, worker);
    return new Fleet(patience, members, next, ticked, quarantine)
        .change(worker, member -> member.taking(1));
  }

  Fleet prepared(SweepId sweep) {
    Map<SweepId, WorkerId> next = new LinkedHashMap<>(preparing);
    next.remove(sweep);
    return new Fleet(patience, members, next, ticked, quarantine);
  }

  Fleet reported(Lease.Key lease) {
    return changeHeld(lease, held -> new Member.Held(0, true, held.ending()));
  }

  /**
   * @param halt absent where it shall go on after all
   */
  Fleet ending(Lease.Key lease, Optional<Halt> halt) {
    return changeHeld(lease, held -> new Member.Held(held.missed(), held.reported(), halt));
  }

  Fleet released(Lease.Key lease) {
    return holder(lease)
        .map(worker -> change(worker, member -> member.without(List.of(lease))))
        .orElse(this);
  }

  /** All that concerns a sweep is forgotten. */
  Fleet without(SweepId sweep) {
    Fleet next = prepared(sweep);
    for (Member member : members.values()) {
      List<Lease.Key> its =
          member.leases().keySet().stream().filter(key -> key.sweep().equals(sweep)).toList();
      next = next.with(member.without(its));
    }
    return next;
  }

  /** A sweep says who holds what; unknown workers get one period to show up. */
  Fleet recovered(
      SweepId sweep,
      Map<Lease.Key, WorkerId> leases,
      Map<Lease.Key, Halt> ending,
      Optional<WorkerId> preparer,
      Instant now) {
    Fleet next = without(sweep);
    for (Map.Entry<Lease.Key, WorkerId> lease : leases.entrySet()) {
      Member.Held held = new Member.Held(0, false, Optional.ofNullable(ending.get(lease.getKey())));
      next = next.expecting(lease.getValue(), now);
      next = next.change(lease.getValue(), member -> member.holding(lease.getKey(), held));
    }
    return preparer.isPresent()
        ? next.expecting(preparer.get(), now).preparing(sweep, preparer.get())
        : next;
  }

  private Fleet expecting(WorkerId worker, Instant now) {
    return members.containsKey(worker) ? this : with(Member.expected(worker, now.plus(patience)));
  }

  /** The fleet after a look at the clock, and what is lost by then. */
  Tick tick(Instant now) {
    // This process slept, so it heard nobody: that is not the workers' silence.
    boolean slept = now.isAfter(ticked.plus(patience.dividedBy(2)));
    Fleet next = new Fleet(patience, members, preparing, now, quarantine);
    List<Loss> losses = new ArrayList<>();
    for (Member member : members.values()) {
      if (slept) {
        next = next.with(member.until(now.plus(patience)));
      } else if (now.isAfter(member.deadline())) {
        losses.add(loss(member));
        next = next.gone(member);
      } else if (!member.unnamed(GRACE_OFFERS).isEmpty()) {
        List<Lease.Key> unnamed = member.unnamed(GRACE_OFFERS);
        losses.add(
            new Loss(
                member.id(),
                unnamed,
                List.of(),
                "worker %s does not work on it".formatted(member.id())));
        next = next.with(member.without(unnamed));
      }
    }
    losses.removeIf(loss -> loss.leases().isEmpty() && loss.preparations().isEmpty());
    return new Tick(next, losses);
  }

  /** What {@link #tick} finds. */
  record Tick(Fleet fleet, List<Loss> losses) {}

  private Loss loss(Member member) {
    String reason =
        member.connected()
            ? "worker %s was silent for %d s".formatted(member.id(), patience.toSeconds())
            : "worker %s is gone".formatted(member.id());
    return new Loss(
        member.id(), List.copyOf(member.leases().keySet()), preparations(member.id()), reason);
  }

  List<SweepId> preparations(WorkerId worker) {
    return preparing.entrySet().stream()
        .filter(entry -> entry.getValue().equals(worker))
        .map(Map.Entry::getKey)
        .toList();
  }

  private Fleet gone(Member member) {
    Fleet next = this;
    for (SweepId sweep : preparations(member.id())) {
      next = next.prepared(sweep);
    }
    if (member.connected()) {
      // It may be heard again; until it offers it gets nothing.
      return next.with(member.without(member.leases().keySet()).taking(member.free()));
    }
    Map<WorkerId, Member> rest = new LinkedHashMap<>(next.members);
    rest.remove(member.id());
    return new Fleet(patience, rest, next.preparing, ticked, quarantine);
  }

  /** Slots that train, over all workers that are there. */
  int usedSlots() {
    return members.values().stream().mapToInt(Member::used).sum();
  }

  /** Workers that get nothing for now. */
  int quarantined(Instant now) {
    return (int)
        connected().stream().filter(worker -> quarantine.isShut(worker.place(), now)).count();
  }

  /** Slots of all workers that are there. */
  int slots() {
    return members.values().stream().filter(Member::connected).mapToInt(Member::slots).sum();
  }

  Set<WorkerId> connected() {
    Set<WorkerId> there = new HashSet<>();
    members.values().stream().filter(Member::connected).map(Member::id).forEach(there::add);
    return there;
  }

  private Fleet changeHeld(Lease.Key lease, UnaryOperator<Member.Held> how) {
    return holder(lease)
        .map(worker -> change(worker, member -> member.changing(lease, how)))
        .orElse(this);
  }

  private Fleet change(WorkerId worker, UnaryOperator<Member> how) {
    return member(worker).map(member -> with(how.apply(member))).orElse(this);
  }

  private Fleet with(Member member) {
    Map<WorkerId, Member> next = new LinkedHashMap<>(members);
    next.put(member.id(), member);
    return new Fleet(patience, next, preparing, ticked, quarantine);
  }
}
