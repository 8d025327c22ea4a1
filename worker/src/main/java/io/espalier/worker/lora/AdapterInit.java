package io.espalier.worker.lora;

import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;

/**
 * An adapter's first values as PEFT draws them: A Kaiming-uniform with a = √5, which is uniform in
 * ±1/√in; B zero. Each number is a pure function of (seed, layer, module, place), so it depends
 * neither on other modules nor on the order of anything.
 */
public final class AdapterInit {
  private AdapterInit() {}

  /** The flat vector [P] of a fresh adapter. */
  public static float[] values(AdapterLayout layout, long seed) {
    float[] flat = new float[Math.toIntExact(layout.parameters())];
    for (Matrix matrix : layout.matrices()) {
      if (matrix.side() == Side.A) {
        fill(flat, matrix, seed);
      }
    }
    return flat;
  }

  private static void fill(float[] flat, Matrix matrix, long seed) {
    double bound = 1 / Math.sqrt(matrix.columns());
    long key = SplitMix.mix(seed, matrix.layer(), matrix.module().ordinal());
    int at = Math.toIntExact(matrix.offset());
    for (int i = 0; i < matrix.size(); i++) {
      double unit = (SplitMix.mix(key + i) >>> 11) * 0x1p-53;
      flat[at + i] = (float) (bound * (2 * unit - 1));
    }
  }
}
