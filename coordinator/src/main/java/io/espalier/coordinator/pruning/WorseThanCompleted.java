package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import java.util.List;
import java.util.Optional;

/**
 * Optuna's percentile rule, and with 50 its median rule: a branch ends whose best report so far is
 * worse than the percentile of what the completed ones reported at that point.
 *
 * @param percentile 0 to 100, of costs: 25 keeps the best quarter
 * @param startup completed branches without which nothing ends, {@code n_startup_trials}; one that
 *     came apart is compared with but does not count
 * @param latest judges the last report instead of the best so far, or what was good and then came
 *     apart lives on
 */
record WorseThanCompleted(double percentile, int startup, Interval interval, boolean latest)
    implements Rule {
  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    List<Track> completed = peers.stream().filter(Track::completed).toList();
    long sound = completed.stream().filter(peer -> Double.isFinite(peer.last().cost())).count();
    if (sound < Math.max(1, startup) || !interval.looksAt(own)) {
      return Optional.empty();
    }
    double at = own.last().resource();
    List<Double> costs =
        completed.stream()
            .flatMap(peer -> peer.at(at).stream())
            .map(Report::cost)
            .sorted()
            .toList();
    if (costs.isEmpty()) {
      return Optional.empty();
    }
    double best = latest ? own.last().cost() : own.costs().min().orElseThrow();
    double limit = Percentile.of(costs, percentile);
    return best > limit
        ? Optional.of(
            new Cut(
                limit,
                costs,
                "%s the %s of %d completed at %s"
                    .formatted(
                        latest ? "is worse than" : "and all before are worse than",
                        percentile == 50 ? "median" : Numbers.text(percentile) + " % percentile",
                        costs.size(),
                        Numbers.text(at))))
        : Optional.empty();
  }
}
