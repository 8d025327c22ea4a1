package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import java.util.List;
import java.util.Optional;

/**
 * The median stopping rule of Vizier (Golovin et al. 2017) as Ray Tune 2.58 has it: a branch ends
 * whose best report so far is worse than the median of the running averages, up to that point, of
 * the others that came so far.
 *
 * @param grace nothing is judged or averaged before it
 * @param least others without which nothing ends; those that came apart do not count
 * @param latest judges the last report instead of the best so far
 */
record RunningAverage(double grace, int least, boolean latest) implements Rule {
  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    double at = own.last().resource();
    List<Double> averages =
        peers.stream()
            .filter(peer -> peer.reached(at))
            .map(peer -> average(peer, at))
            .sorted()
            .toList();
    long finite = averages.stream().filter(Double::isFinite).count();
    if (at < grace || finite < Math.max(1, least)) {
      return Optional.empty();
    }
    double best = latest ? own.last().cost() : own.costs().min().orElseThrow();
    double median = Percentile.of(averages, 50);
    return best > median
        ? Optional.of(
            new Cut(
                median,
                averages,
                "%s the median of %d running averages at %s"
                    .formatted(
                        latest ? "is worse than" : "and all before are worse than",
                        averages.size(),
                        Numbers.text(at))))
        : Optional.empty();
  }

  /** Infinite where a report was not finite: nothing that follows makes up for it. */
  private double average(Track peer, double until) {
    return peer.reports().stream()
        .filter(report -> report.resource() >= grace && report.resource() <= until)
        .mapToDouble(Report::cost)
        .average()
        .orElse(Double.POSITIVE_INFINITY);
  }
}
