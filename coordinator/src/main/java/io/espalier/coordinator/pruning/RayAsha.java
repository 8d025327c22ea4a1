package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asynchronous successive halving as Ray Tune 2.58 has it: at a rung a branch goes on unless it is
 * worse than the share 1/η of those that were there before; the first goes on. A report counts for
 * the highest rung it reaches first.
 *
 * @param eta ≥ 2
 * @param first rung
 * @param horizon the whole training
 */
record RayAsha(int eta, double first, double horizon) implements Rule {

  /** Highest first. */
  private double[] rungs() {
    int count = (int) (Math.log(horizon / first) / Math.log(eta) + 1);
    double[] rungs = new double[Math.max(0, count)];
    for (int k = 0; k < rungs.length; k++) {
      rungs[rungs.length - 1 - k] = first * Math.pow(eta, k);
    }
    return rungs;
  }

  /** By rung, what a branch was recorded with. */
  private Map<Double, Double> recorded(Track track) {
    var recorded = new HashMap<Double, Double>();
    for (Report report : track.reports()) {
      for (double rung : rungs()) {
        if (report.resource() >= rung && !recorded.containsKey(rung)) {
          recorded.put(rung, report.cost());
          break;
        }
      }
    }
    return recorded;
  }

  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    Map<Double, Double> done = recorded(own.before());
    for (double rung : rungs()) {
      if (own.last().resource() >= rung && !done.containsKey(rung)) {
        return at(rung, own.last().cost(), peers);
      }
    }
    return Optional.empty();
  }

  private Optional<Cut> at(double rung, double cost, List<Track> peers) {
    // Rewards, for a percentile of costs is rounded otherwise.
    List<Double> rewards =
        peers.stream()
            .flatMap(peer -> Optional.ofNullable(recorded(peer).get(rung)).stream())
            .map(peer -> -peer)
            .sorted()
            .toList();
    if (rewards.isEmpty()) {
      return Optional.empty();
    }
    double cutoff = Percentile.of(rewards, (1 - 1.0 / eta) * 100);
    return -cost < cutoff
        ? Optional.of(
            new Cut(
                -cutoff,
                rewards.stream().map(reward -> -reward).sorted(Comparator.naturalOrder()).toList(),
                "is not among the best 1/%d of %d at rung %s"
                    .formatted(eta, rewards.size(), Numbers.text(rung))))
        : Optional.empty();
  }
}
