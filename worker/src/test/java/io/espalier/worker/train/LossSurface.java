package io.espalier.worker.train;

import ai.djl.ndarray.NDManager;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.BaseModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The loss of all rows as a function of what one slot trains.
 *
 * @param training by SGD, without decay and clipping
 * @param neighbours slots before it in the pack, with rows and weights of their own
 */
record LossSurface(
    BaseModel model,
    Trainable trainable,
    Training training,
    List<TokenRow> rows,
    List<Slot> neighbours) {
  /** A power of two, so that a step of SGD loses nothing of the gradient but its last bits. */
  private static final double RATE = 1024;

  /** A model's own, in the order in which they are trained. */
  static float[] weights(BaseModel model) {
    try (NDManager scope = model.newScope()) {
      return model.flatWeights(scope).toFloatArray();
    }
  }

  private int slot() {
    return neighbours.size();
  }

  private Pack pack(float[] at) {
    var slots = new ArrayList<>(neighbours);
    slots.add(Slot.fresh(training, trainable, at));
    var pack = new Pack(model, slots);
    double targets = rows.stream().mapToInt(TokenRow::targets).sum();
    var parts = new ArrayList<MicroBatch.Part>();
    for (int before = 0; before < slot(); before++) {
      parts.add(Packs.part(rows.subList(0, 1), 3 / targets, new long[] {3}));
    }
    long[] keys = IntStream.range(0, rows.size()).mapToLong(row -> 7 + 1000L * row).toArray();
    parts.add(Packs.part(rows, 1 / targets, keys));
    pack.accumulate(MicroBatch.of(parts));
    return pack;
  }

  double loss(float[] at) {
    try (Pack pack = pack(at)) {
      return pack.measure().get(slot()).loss();
    }
  }

  double[] gradient(float[] at) {
    boolean[] due = new boolean[slot() + 1];
    double[] rates = new double[slot() + 1];
    due[slot()] = true;
    rates[slot()] = RATE;
    try (Pack pack = pack(at)) {
      pack.update(due, rates);
      float[] moved = pack.parameters(slot());
      return IntStream.range(0, at.length)
          .mapToDouble(i -> ((double) at[i] - moved[i]) / RATE)
          .toArray();
    }
  }

  /**
   * The slope at {@code at} along a direction, of fourth order: from the losses at one and at two
   * steps to either side.
   *
   * @param bent what becomes of a place beside {@code at}
   */
  double slope(float[] at, double[] direction, double step, UnaryOperator<float[]> bent) {
    double near =
        loss(bent.apply(moved(at, direction, step)))
            - loss(bent.apply(moved(at, direction, -step)));
    double far =
        loss(bent.apply(moved(at, direction, 2 * step)))
            - loss(bent.apply(moved(at, direction, -2 * step)));
    return (8 * near - far) / (12 * step);
  }

  private static float[] moved(float[] at, double[] direction, double by) {
    float[] there = at.clone();
    for (int i = 0; i < there.length; i++) {
      there[i] += (float) (by * direction[i]);
    }
    return there;
  }
}
