package io.espalier.worker.train;

import io.espalier.common.Numbers;
import io.espalier.common.spec.EarlyStoppingSpec;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.trial.Verdict;
import io.espalier.worker.checkpoint.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Counts a branch's evaluations since the last one that improved on its best. */
final class EarlyStopping {
  private final EarlyStoppingSpec spec;
  private final List<Double> since = new ArrayList<>();
  private double best = Double.NaN;
  private long bestUpdate;

  EarlyStopping(EarlyStoppingSpec spec) {
    this.spec = spec;
  }

  Standing.Patience standing() {
    return new Standing.Patience(since, best, bestUpdate);
  }

  void restore(Standing.Patience earlier) {
    since.clear();
    since.addAll(earlier.since());
    best = earlier.best();
    bestUpdate = earlier.bestUpdate();
  }

  /** An evaluation; whether it is one too many. */
  Optional<Verdict> judge(long update, Map<String, Double> metrics) {
    Double value = metrics.get(spec.metric());
    if (value == null) {
      return Optional.empty();
    }
    if (improves(value)) {
      best = value;
      bestUpdate = update;
      since.clear();
      return Optional.empty();
    }
    since.add(value);
    if (since.size() < spec.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            "early_stopping",
            update,
            value,
            best,
            since,
            "early_stopping at update %d: %s %s; no better than %s of update %d in %d evaluations%s"
                .formatted(
                    update,
                    spec.metric(),
                    Numbers.text(value),
                    Numbers.text(best),
                    bestUpdate,
                    since.size(),
                    spec.minDelta() > 0 ? " by more than " + Numbers.text(spec.minDelta()) : "")));
  }

  private boolean improves(double value) {
    if (!Double.isFinite(value)) {
      return false;
    }
    double gain = spec.mode() == Mode.MIN ? best - value : value - best;
    return Double.isNaN(best) || gain > spec.minDelta();
  }
}
