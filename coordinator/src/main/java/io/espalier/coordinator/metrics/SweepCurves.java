package io.espalier.coordinator.metrics;

import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.Charts;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The curves of trials, from the rows in the store. Blocks; any thread may ask. */
public final class SweepCurves {
  /** Charts are made anew after so many times what making them took, however many watch. */
  private static final int REST = 20;

  private static final int MOST_KEPT = 16;

  private final MetricsStore store;
  private final LongSupplier nanos;
  private final Map<SweepId, Made> made = new ConcurrentHashMap<>();

  private record Made(Charts charts, SweepView.State state, long due) {}

  /**
   * @param nanos a clock that only goes forward, in ns
   */
  public SweepCurves(MetricsStore store, LongSupplier nanos) {
    this.store = store;
    this.nanos = nanos;
  }

  /** Of the trials that are drawn; those of a large sweep that runs may be some seconds old. */
  public Charts charts(SweepView view) {
    if (made.size() > MOST_KEPT) {
      made.keySet().removeIf(sweep -> !sweep.equals(view.id()));
    }
    // One at a time for each sweep: who comes meanwhile is answered with what the first has made.
    return made.compute(
            view.id(),
            (sweep, before) ->
                Optional.ofNullable(before)
                    .filter(old -> old.state() == view.state() && nanos.getAsLong() - old.due() < 0)
                    .orElseGet(() -> make(view)))
        .charts();
  }

  /** Only of these. */
  public TrialCurves of(SweepView view, List<TrialView> trials) {
    Set<BranchId> wanted = new HashSet<>();
    trials.forEach(trial -> addWay(view, trial.branch(), wanted));
    return TrialCurves.of(view, store.rows(view.id(), wanted::contains));
  }

  private Made make(SweepView view) {
    long began = nanos.getAsLong();
    Charts charts = Charts.of(view, of(view, Charts.drawn(view)));
    long now = nanos.getAsLong();
    return new Made(charts, view.state(), now + REST * (now - began));
  }

  /** A branch and those it forks from. */
  private static void addWay(SweepView view, BranchId branch, Set<BranchId> wanted) {
    Optional<BranchId> next = Optional.of(branch);
    while (next.isPresent() && wanted.add(next.get())) {
      BranchId here = next.get();
      next =
          view.trials().stream()
              .filter(trial -> trial.branch().equals(here))
              .findFirst()
              .flatMap(TrialView::fork)
              .map(Branch.Fork::from);
    }
  }
}
