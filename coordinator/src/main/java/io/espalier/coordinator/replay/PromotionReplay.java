package io.espalier.coordinator.replay;

import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.pruning.Curve;
import io.espalier.coordinator.pruning.Promotion;
import io.espalier.coordinator.pruning.Pruner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a rule that promotes would have trained of what was recorded, with one slot: whoever may go
 * on does, else the next begins, in the order in which they reported first.
 */
final class PromotionReplay {
  private final Promotion promotion;
  private final Pruner pruner;
  private final Map<BranchId, List<Replay.Arrival>> recorded = new LinkedHashMap<>();
  private final Deque<BranchId> waiting;
  private final Map<BranchId, Curve> curves = new HashMap<>();
  private final Map<BranchId, Long> resting = new TreeMap<>();
  private final List<Replay.Stop> stops = new ArrayList<>();

  /**
   * @param pruner the same rule, of what ends a branch at once
   * @param arrivals in the order in which they came
   */
  PromotionReplay(Promotion promotion, Pruner pruner, List<Replay.Arrival> arrivals) {
    this.promotion = promotion;
    this.pruner = pruner;
    for (Replay.Arrival arrival : arrivals) {
      recorded.computeIfAbsent(arrival.id(), id -> new ArrayList<>()).add(arrival);
    }
    waiting = new ArrayDeque<>(recorded.keySet());
  }

  /** Branches that would have ended before their ends, in the order of their ends. */
  List<Replay.Stop> stops() {
    for (Optional<BranchId> next = next(); next.isPresent(); next = next()) {
      train(next.get());
    }
    resting.forEach(
        (branch, update) -> {
          Verdict verdict = promotion.leftBehind(branch, update, curves);
          arrivals(branch).stream()
              .filter(arrival -> arrival.row().update() >= update)
              .findFirst()
              .ifPresent(arrival -> stop(arrival, verdict));
        });
    return stops;
  }

  private List<Replay.Arrival> arrivals(BranchId branch) {
    return recorded.getOrDefault(branch, List.of());
  }

  private void stop(Replay.Arrival arrival, Verdict verdict) {
    stops.add(Replay.stop(arrival.branch(), arrival.row().epoch(), verdict));
  }

  private Optional<BranchId> next() {
    List<BranchId> promoted = promotion.promoted(curves, resting);
    if (!promoted.isEmpty()) {
      return Optional.of(promoted.get(0));
    }
    return Optional.ofNullable(waiting.poll())
        .or(() -> promotion.last(curves, resting).stream().findFirst());
  }

  /** Up to where it rests or ends. */
  private void train(BranchId branch) {
    long from = Optional.ofNullable(resting.remove(branch)).orElse(0L);
    long end = promotion.rest(branch, from).orElse(Long.MAX_VALUE);
    for (Replay.Arrival arrival : arrivals(branch)) {
      long update = arrival.row().update();
      if (update <= from) {
        continue;
      }
      Optional<Verdict> verdict = pruner.judge(branch, arrival.point(), Map.copyOf(curves));
      curves.put(branch, Replay.with(curves.getOrDefault(branch, Curve.EMPTY), arrival, verdict));
      if (verdict.isPresent()) {
        stop(arrival, verdict.get());
        return;
      }
      if (update >= end) {
        resting.put(branch, end);
        return;
      }
    }
  }
}
