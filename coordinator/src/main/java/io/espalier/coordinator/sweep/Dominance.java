package io.espalier.coordinator.sweep;

import io.espalier.common.Numbers;
import io.espalier.common.guard.Guards;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What guards' kills say of what has not begun: where a learning rate came apart, larger ones are
 * likely to, with the same values of all other keys but the length and the seed. Pure.
 *
 * @param lowest by those values, the lowest learning rate that came apart
 */
record Dominance(Map<Map<String, String>, Apart> lowest) {
  private static final List<String> IGNORED =
      List.of("learning_rate", "num_train_epochs", "max_steps", SearchSpec.SEED);

  /** A trial that came apart, by which rule. */
  private record Apart(TrialConfig config, String rule) {
    double rate() {
      return config.training().learningRate();
    }
  }

  static Dominance of(Sweep sweep) {
    var lowest = new HashMap<Map<String, String>, Apart>();
    sweep.branches().stream()
        .forEach(
            progress ->
                progress
                    .results()
                    .forEach(
                        result ->
                            apart(progress, result)
                                .ifPresent(
                                    apart ->
                                        lowest.merge(
                                            others(apart.config()),
                                            apart,
                                            (one, other) ->
                                                other.rate() < one.rate() ? other : one))));
    return new Dominance(lowest);
  }

  private static Optional<Apart> apart(BranchProgress progress, TrialResult result) {
    return result.outcome() instanceof Outcome.Killed killed
            && Guards.DIVERGENCE.contains(killed.verdict().rule())
        ? progress.branch().milestones().stream()
            .filter(end -> end.trial().equals(result.trial()))
            .findFirst()
            .map(end -> new Apart(progress.branch().config(end), killed.verdict().rule()))
        : Optional.empty();
  }

  private static Map<String, String> others(TrialConfig config) {
    var others = new LinkedHashMap<>(config.point());
    IGNORED.forEach(others::remove);
    return others;
  }

  /** Why a branch is likely to come apart; empty where nothing says so. */
  Optional<Verdict> over(BranchProgress progress) {
    if (lowest.isEmpty()) {
      return Optional.empty();
    }
    TrialConfig config = progress.branch().config();
    double rate = config.training().learningRate();
    return Optional.ofNullable(lowest.get(others(config)))
        .filter(apart -> rate > apart.rate())
        .map(
            apart ->
                new Verdict(
                    "dominated",
                    0,
                    rate,
                    apart.rate(),
                    List.of(),
                    "dominated: not begun, because learning_rate %s came apart (trial %s: %s) and this is %s"
                        .formatted(
                            Numbers.text(apart.rate()),
                            apart.config().id(),
                            apart.rule(),
                            Numbers.text(rate))));
  }
}
