package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Successive halving as Optuna 5 has it: at each rung a branch goes on that is among the best
 * ⌊m/η⌋, or the best, of the m that were there, itself among them. One report may pass several.
 *
 * @param first {@code min_resource}
 * @param eta ≥ 2
 * @param rate {@code min_early_stopping_rate}: the first rung is at first · η^rate
 * @param bootstrap {@code bootstrap_count}: the first so many at a rung end there
 */
record SuccessiveHalving(double first, int eta, int rate, int bootstrap) implements Rule {
  private double rung(int number) {
    return first * Math.pow(eta, rate + number);
  }

  /** What a branch was recorded with, rung by rung. */
  private List<Double> recorded(Track track) {
    var costs = new ArrayList<Double>();
    for (Report report : track.reports()) {
      while (report.resource() >= rung(costs.size())) {
        costs.add(report.cost());
      }
    }
    return costs;
  }

  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    Report fresh = own.last();
    for (int number = recorded(own.before()).size(); fresh.resource() >= rung(number); number++) {
      Optional<Cut> cut = at(number, fresh.cost(), peers);
      if (cut.isPresent()) {
        return cut;
      }
    }
    return Optional.empty();
  }

  private Optional<Cut> at(int number, double cost, List<Track> peers) {
    var competing = new ArrayList<Double>();
    for (Track peer : peers) {
      List<Double> costs = recorded(peer);
      if (costs.size() > number) {
        competing.add(costs.get(number));
      }
    }
    competing.add(cost);
    Collections.sort(competing);
    String rung = Numbers.text(rung(number));
    if (competing.size() <= bootstrap) {
      return Optional.of(
          new Cut(
              Double.NaN,
              competing,
              "is one of the first %d at rung %s, which end there".formatted(bootstrap, rung)));
    }
    double limit = competing.get(Math.max(competing.size() / eta - 1, 0));
    return cost <= limit
        ? Optional.empty()
        : Optional.of(
            new Cut(
                limit,
                competing,
                "is not among the best %d of %d at rung %s"
                    .formatted(Math.max(competing.size() / eta, 1), competing.size(), rung)));
  }
}
