package io.espalier.coordinator.plan;

import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.pruning.Cohort;
import io.espalier.coordinator.search.Search;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a sweep will do.
 *
 * @param samples training rows
 * @param trials by number
 * @param same groups of two and more trials that are the same training
 * @param cohorts trials that may be compared before their ends, with what they have in common
 * @param pruning the metric of the pruner, when there is one
 */
public record Plan(
    String sweep,
    long samples,
    List<Cost> trials,
    List<List<TrialId>> same,
    Map<Cohort, List<TrialId>> cohorts,
    Optional<String> pruning) {

  private static final Comparator<Cost> LONGEST_FIRST =
      Comparator.comparingLong(Cost::updates).reversed().thenComparing(cost -> cost.config().id());

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
    List<TrialConfig> trials = Search.trials(spec);
    List<Cost> costs =
        trials.stream()
            .map(
                trial ->
                    new Cost(
                        trial,
                        trial.training().updatesPerEpoch(samples),
                        trial.training().totalUpdates(samples)))
            .toList();
    var same = grouped(trials, trial -> SameTraining.of(trial.training(), samples));
    return new Plan(
        spec.name(),
        samples,
        costs,
        same.values().stream().filter(group -> group.size() > 1).toList(),
        grouped(trials, trial -> Cohort.of(trial.training(), samples)),
        spec.pruning().map(PruningSpec::metric));
  }

  /** The units that are leased, longest first, numbered in that order: one for each trial. */
  public List<Branch> branches() {
    var branches = new ArrayList<Branch>();
    for (Cost cost : trials.stream().sorted(LONGEST_FIRST).toList()) {
      branches.add(
          new Branch(
              new BranchId(branches.size()),
              cost.config(),
              List.of(new Branch.Milestone(cost.config().id(), cost.updates()))));
    }
    return List.copyOf(branches);
  }

  /** Optimizer updates of all trials. */
  public long totalUpdates() {
    return trials.stream().mapToLong(Cost::updates).sum();
  }

  private static <K> Map<K, List<TrialId>> grouped(
      List<TrialConfig> trials, Function<TrialConfig, K> key) {
    var groups = new LinkedHashMap<K, List<TrialId>>();
    for (TrialConfig trial : trials) {
      groups.computeIfAbsent(key.apply(trial), k -> new ArrayList<>()).add(trial.id());
    }
    return groups;
  }
}
