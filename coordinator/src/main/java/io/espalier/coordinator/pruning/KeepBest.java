package io.espalier.coordinator.pruning;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * ALTO's early exit (arXiv 2604.05426): after a short warm-up only a share of a cohort goes on.
 *
 * @param after where that is judged
 * @param keep the share that goes on, above 0 and at most 1; one at least
 */
record KeepBest(double after, double keep) implements Rule {
  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    if (!own.reached(after) || own.before().reached(after)) {
      return Optional.empty();
    }
    var competing = new ArrayList<Double>();
    peers.forEach(peer -> peer.at(after).ifPresent(report -> competing.add(report.cost())));
    competing.add(own.last().cost());
    Collections.sort(competing);
    int kept = Math.max(1, (int) (competing.size() * keep));
    double limit = competing.get(kept - 1);
    return own.last().cost() <= limit
        ? Optional.empty()
        : Optional.of(
            new Cut(
                limit,
                competing,
                "is not among the best %d of %d".formatted(kept, competing.size())));
  }
}
