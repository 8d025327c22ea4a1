package io.espalier.coordinator.fleet;

import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which workers get nothing for a while, because they failed several branches in a row: one such
 * worker would fail a whole sweep, as it is free again at once. Workers are told apart by their
 * place, so that a new process on a broken device is no new worker.
 *
 * @param places what is held against each, by place
 */
public record Quarantine(Map<String, Standing> places) {
  /** So many different branches in a row, with none trained between them. */
  static final int FAILURES = 3;

  private static final Duration FIRST = Duration.ofMinutes(10);
  private static final Duration LONGEST = Duration.ofHours(8);

  static final Quarantine EMPTY = new Quarantine(Map.of());

  public Quarantine {
    places = Collections.unmodifiableMap(new LinkedHashMap<>(places));
  }

  /** A branch that a worker failed. */
  public record Failure(SweepId sweep, BranchId branch, String reason) {}

  /**
   * What is held against a place.
   *
   * @param failures since it last trained a branch to an end
   * @param times how often it was shut since then
   * @param until when it may try again; absent while it is not shut
   */
  public record Standing(List<Failure> failures, int times, Optional<Instant> until) {
    static final Standing GOOD = new Standing(List.of(), 0, Optional.empty());

    public Standing {
      failures = List.copyOf(failures);
    }

    /** For people. */
    String reason() {
      return "%d branches failed in a row, the last: %s"
          .formatted(failures.size(), failures.get(failures.size() - 1).reason());
    }

    private Standing with(Failure failure) {
      List<Failure> all = new ArrayList<>(failures);
      all.removeIf(other -> same(other, failure.sweep(), failure.branch()));
      all.add(failure);
      return new Standing(all, times, until);
    }

    private Standing without(SweepId sweep, BranchId branch) {
      List<Failure> rest = new ArrayList<>(failures);
      rest.removeIf(other -> same(other, sweep, branch));
      return new Standing(rest, times, until);
    }

    private Standing shut(Instant now) {
      Duration away = FIRST.multipliedBy(1L << Math.min(times, 10));
      return new Standing(
          failures, times + 1, Optional.of(now.plus(away.compareTo(LONGEST) > 0 ? LONGEST : away)));
    }

    private static boolean same(Failure failure, SweepId sweep, BranchId branch) {
      return failure.sweep().equals(sweep) && failure.branch().equals(branch);
    }
  }

  /**
   * A worker failed a branch.
   *
   * @param others places that could train in its stead; the last that is left is never shut
   */
  Quarantine failed(String place, Failure failure, Set<String> others, Instant now) {
    Standing standing = standing(place).with(failure);
    boolean last = others.stream().allMatch(other -> other.equals(place) || isShut(other, now));
    // After its time it has to prove itself: a single failure more shuts it again. What it still
    // held
    // when it was shut changes nothing.
    boolean enough = standing.times() > 0 || standing.failures().size() >= FAILURES;
    return with(place, enough && !last && !isShut(place, now) ? standing.shut(now) : standing);
  }

  /** A worker trained a branch to an end. */
  Quarantine trained(String place) {
    return places.containsKey(place) ? without(place) : this;
  }

  /** A branch failed at several places: it was not theirs to fail. */
  Quarantine absolved(SweepId sweep, BranchId branch) {
    Quarantine next = this;
    for (Map.Entry<String, Standing> entry : places.entrySet()) {
      Standing rest = entry.getValue().without(sweep, branch);
      next =
          rest.failures().isEmpty()
              ? next.without(entry.getKey())
              : next.with(entry.getKey(), rest);
    }
    return next;
  }

  Quarantine apply(QuarantineEvent event) {
    return event instanceof QuarantineEvent.Held held
        ? with(held.place(), held.standing())
        : without(event.place());
  }

  /** Somebody mended it. */
  Quarantine released(String place) {
    return without(place);
  }

  boolean isShut(String place, Instant now) {
    return shut(place, now).isPresent();
  }

  /** What is held against a place that gets nothing at present. */
  Optional<Standing> shut(String place, Instant now) {
    return Optional.ofNullable(places.get(place))
        .filter(standing -> standing.until().filter(now::isBefore).isPresent());
  }

  private Standing standing(String place) {
    return Optional.ofNullable(places.get(place)).orElse(Standing.GOOD);
  }

  private Quarantine with(String place, Standing standing) {
    Map<String, Standing> next = new LinkedHashMap<>(places);
    next.put(place, standing);
    return new Quarantine(next);
  }

  private Quarantine without(String place) {
    Map<String, Standing> next = new LinkedHashMap<>(places);
    next.remove(place);
    return new Quarantine(next);
  }
}
