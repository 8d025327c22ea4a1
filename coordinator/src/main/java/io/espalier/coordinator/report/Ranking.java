package io.espalier.coordinator.report;

import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.ObjectiveSpec.Constraint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The order of a sweep's trials. First those trained to their end that meet all constraints, then
 * those that break one, then those ended early, then those killed or failed, last those still open;
 * within each by the objective, where what is not finite is worst whatever the mode.
 */
public final class Ranking {
  private Ranking() {}

  /** The same trials in the same order, with {@code rank} and {@code broken} filled in. */
  public static List<TrialView> rank(ObjectiveSpec objective, List<TrialView> trials) {
    List<TrialView> judged =
        trials.stream()
            .map(trial -> with(trial, OptionalInt.empty(), broken(objective, trial)))
            .toList();
    var ranks = new HashMap<Integer, Integer>();
    for (TrialView trial : order(objective, judged)) {
      if (value(objective.metric(), trial).isPresent()) {
        ranks.put(trial.config().id().number(), ranks.size() + 1);
      }
    }
    var ranked = new ArrayList<TrialView>();
    for (TrialView trial : judged) {
      Integer rank = ranks.get(trial.config().id().number());
      OptionalInt found = rank == null ? OptionalInt.empty() : OptionalInt.of(rank);
      ranked.add(with(trial, found, trial.broken()));
    }
    return List.copyOf(ranked);
  }

  /** Best first; ties go to the one with fewer updates, then to the lower number. */
  public static List<TrialView> order(ObjectiveSpec objective, List<TrialView> trials) {
    return trials.stream().sorted(bestFirst(objective)).toList();
  }

  /** The best of the trials trained to their end: its adapter is the sweep's. */
  public static Optional<TrialView> best(ObjectiveSpec objective, List<TrialView> trials) {
    return rank(objective, trials).stream()
        .filter(trial -> trial.rank().equals(OptionalInt.of(1)))
        .filter(trial -> tier(trial) < 2)
        .findFirst();
  }

  /** A final metric or the train loss; absent until it has ended or when it was not measured. */
  public static OptionalDouble value(String metric, TrialView trial) {
    if (trial.result().isEmpty()) {
      return OptionalDouble.empty();
    }
    TrialResult result = trial.result().get();
    if (metric.equals("train_loss")) {
      return result.trainLoss();
    }
    Map<String, Double> metrics = result.metrics();
    return metrics.containsKey(metric)
        ? OptionalDouble.of(metrics.get(metric))
        : OptionalDouble.empty();
  }

  private static Comparator<TrialView> bestFirst(ObjectiveSpec objective) {
    Comparator<OptionalDouble> present =
        Comparator.comparing((OptionalDouble value) -> value.isEmpty());
    Comparator<OptionalDouble> byValue =
        present.thenComparing(value -> value.orElse(Double.NaN), objective.mode().bestFirst());
    return Comparator.<TrialView>comparingInt(Ranking::tier)
        .thenComparing(trial -> value(objective.metric(), trial), byValue)
        .thenComparingLong(TrialView::updates)
        .thenComparing(trial -> trial.config().id());
  }

  private static int tier(TrialView trial) {
    if (trial.result().isEmpty()) {
      return 4;
    }
    Outcome outcome = trial.result().get().outcome();
    if (outcome.finished()) {
      return trial.broken().isEmpty() ? 0 : 1;
    }
    return outcome instanceof Outcome.Killed || outcome instanceof Outcome.Failed ? 3 : 2;
  }

  /** Only a trial trained to its end can be held to its final metrics. */
  private static List<String> broken(ObjectiveSpec objective, TrialView trial) {
    var broken = new ArrayList<String>();
    boolean completed = trial.result().filter(r -> r.outcome().finished()).isPresent();
    for (Constraint constraint : completed ? objective.constraints() : List.<Constraint>of()) {
      OptionalDouble value = value(constraint.metric(), trial);
      if (value.isEmpty()) {
        broken.add("%s was not measured".formatted(constraint.metric()));
      } else {
        constraint.brokenBy(value.getAsDouble()).ifPresent(broken::add);
      }
    }
    return broken;
  }

  private static TrialView with(TrialView trial, OptionalInt rank, List<String> broken) {
    return new TrialView(
        trial.config(),
        trial.updates(),
        trial.branch(),
        trial.worker(),
        trial.result(),
        rank,
        broken,
        trial.fork(),
        trial.rests());
  }
}
