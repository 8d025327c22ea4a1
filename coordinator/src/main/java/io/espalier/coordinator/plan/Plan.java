package io.espalier.coordinator.plan;

import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.pruning.Cohort;
import io.espalier.coordinator.search.Search;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What a sweep will do.
 *
 * @param samples training rows
 * @param trials by number
 * @param same groups of two and more trials that are the same training
 * @param stages what is trained, and what of it once for several trials
 * @param instead updates it would take under other schedules, by {@code lr_scheduler_type}, where
 *     more would be shared than under its own
 * @param cohorts branches that may be compared before their ends, with what they have in common;
 *     each branch as its trials, by number
 * @param pruning the pruner, when there is one
 * @param found what the search came upon, what it left out too
 * @param asked trials that it was to draw; empty where they are listed
 * @param later trials that are proposed as these end
 */
public record Plan(
    String sweep,
    long samples,
    List<Cost> trials,
    List<List<TrialId>> same,
    StageTree stages,
    Map<String, Long> instead,
    Map<Cohort, List<List<TrialId>>> cohorts,
    Optional<PruningSpec> pruning,
    Search found,
    OptionalInt asked,
    int later) {

  /**
   * What one trial takes.
   *
   * @param updates in all
   */
  public record Cost(TrialConfig config, long updatesPerEpoch, long updates) {}

  /**
   * @param samples training rows, ≥ 1
   * @throws io.espalier.common.UserError when there are more trials than the budget allows
   */
  public static Plan of(SweepSpec spec, long samples) {
    if (samples < 1) {
      throw new IllegalArgumentException("a plan needs training rows, not " + samples);
    }
    Search found = Search.of(spec);
    List<TrialConfig> trials = found.trials();
    List<Cost> costs =
        trials.stream()
            .map(
                trial ->
                    new Cost(
                        trial,
                        trial.training().updatesPerEpoch(samples),
                        trial.training().totalUpdates(samples)))
            .toList();
    var same = grouped(trials, t -> SameTraining.of(t.training(), samples), TrialConfig::id);
    StageTree stages = StageTree.of(spec, trials, samples);
    Function<Branch, Cohort> cohorts =
        Cohort.of(
            spec.pruning().map(PruningSpec::compare).orElse(PruningSpec.Compare.ALIKE),
            stages.branches(),
            samples);
    boolean learns = spec.search().method() == SearchSpec.Method.TPE;
    return new Plan(
        spec.name(),
        samples,
        costs,
        same.values().stream().filter(group -> group.size() > 1).toList(),
        stages,
        OtherSchedules.of(spec, trials, samples),
        grouped(stages.branches(), cohorts, Plan::trialsOn),
        spec.pruning(),
        found,
        spec.search().method().draws() && !learns
            ? OptionalInt.of(spec.search().trials() * spec.search().repeats())
            : OptionalInt.empty(),
        learns ? spec.search().trials() - trials.size() : 0);
  }

  private static List<TrialId> trialsOn(Branch branch) {
    return branch.milestones().stream().map(Branch.Milestone::trial).sorted().toList();
  }

  /** Optimizer updates of all trials, each trained by itself. */
  public long totalUpdates() {
    return trials.stream().mapToLong(Cost::updates).sum();
  }

  private static <T, K, V> Map<K, List<V>> grouped(
      List<T> all, Function<T, K> key, Function<T, V> value) {
    var groups = new LinkedHashMap<K, List<V>>();
    for (T one : all) {
      groups.computeIfAbsent(key.apply(one), k -> new ArrayList<>()).add(value.apply(one));
    }
    return groups;
  }
}
