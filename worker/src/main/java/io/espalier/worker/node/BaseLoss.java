package io.espalier.worker.node;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.evaluate.TrainedState;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** The loss that training begins with: what guards and diagnoses hold later ones against. */
final class BaseLoss {
  /** So many rows say it well enough, and take less than one update of a pack. */
  private static final int ROWS = 64;

  private BaseLoss() {}

  /**
   * Token mean over rows that are spread evenly over all.
   *
   * @param adapter that training starts from
   * @return empty for a model that classifies, whose head is new, and where it is not finite
   */
  static OptionalDouble of(
      BaseModel model, Optional<PeftFormat.Adapter> adapter, List<TokenRow> rows) {
    if (model.config().classes() > 0) {
      return OptionalDouble.empty();
    }
    int count = Math.min(ROWS, rows.size());
    List<TokenRow> some =
        IntStream.range(0, count)
            .mapToObj(at -> rows.get((int) ((long) at * rows.size() / count)))
            .toList();
    try (NDManager scope = model.newScope()) {
      double loss = new Evaluator(TrainedState.of(scope, model, adapter)).score(some).loss();
      return Double.isFinite(loss) ? OptionalDouble.of(loss) : OptionalDouble.empty();
    }
  }
}
