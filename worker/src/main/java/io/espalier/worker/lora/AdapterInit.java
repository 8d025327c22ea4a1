package io.espalier.worker.lora;

import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import java.util.function.Supplier;

/**
 * An adapter's first values as PEFT draws them: A Kaiming-uniform with a = √5, which is uniform in
 * ±1/√in; B zero; DoRA's magnitudes the norms of the rows of the weights; a head the model's own.
 * Each number is a pure function of (seed, layer, module, place), so it depends neither on other
 * modules nor on the order of anything.
 */
public final class AdapterInit {
  private AdapterInit() {}

  /**
   * The flat vector [P] of a fresh adapter.
   *
   * @param fromModel what is taken from the model, end to end in the layout's order: magnitudes,
   *     head; looked at where there are some
   */
  public static float[] values(AdapterLayout layout, long seed, Supplier<float[]> fromModel) {
    float[] flat = new float[Math.toIntExact(layout.parameters())];
    boolean plain = layout.matrices().stream().allMatch(matrix -> drawn(matrix.side()));
    float[] given = plain ? new float[0] : fromModel.get();
    int taken = 0;
    for (Matrix matrix : layout.matrices()) {
      if (matrix.side() == Side.A) {
        fill(flat, matrix, seed);
      } else if (!drawn(matrix.side())) {
        int size = Math.toIntExact(matrix.size());
        System.arraycopy(given, taken, flat, Math.toIntExact(matrix.offset()), size);
        taken += size;
      }
    }
    return flat;
  }

  private static boolean drawn(Side side) {
    return side == Side.A || side == Side.B;
  }

  private static void fill(float[] flat, Matrix matrix, long seed) {
    double bound = 1 / Math.sqrt(matrix.columns());
    long key = SplitMix.mix(seed, matrix.module().layer(), matrix.module().ordinal());
    int at = Math.toIntExact(matrix.offset());
    for (int i = 0; i < matrix.size(); i++) {
      double unit = (SplitMix.mix(key + i) >>> 11) * 0x1p-53;
      flat[at + i] = (float) (bound * (2 * unit - 1));
    }
  }
}
