package io.espalier.worker.train;

import io.espalier.common.spec.BestSpec;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A branch's best evaluation so far, with the weights it had: a copy of one slot on the host. */
final class BestState {
  private final BestSpec spec;
  private Optional<Kept> kept = Optional.empty();

  /**
   * What was best.
   *
   * @param weights the slot's flat vector [P]
   */
  record Kept(long update, double value, float[] weights) {}

  BestState(BestSpec spec) {
    this.spec = spec;
  }

  /** An evaluation; its weights are fetched when it is the best so far. */
  void offer(long update, Map<String, Double> metrics, Supplier<float[]> weights) {
    Double value = metrics.get(spec.metric());
    if (value != null
        && (kept.isEmpty() || spec.mode().bestFirst().compare(value, kept.get().value()) < 0)) {
      kept = Optional.of(new Kept(update, value, weights.get()));
    }
  }

  Optional<Kept> kept() {
    return kept;
  }

  void restore(Kept earlier) {
    kept = Optional.of(earlier);
  }

  /** The best, when it was earlier than this update. */
  Optional<Kept> before(long update) {
    return kept.filter(best -> best.update() < update);
  }
}
