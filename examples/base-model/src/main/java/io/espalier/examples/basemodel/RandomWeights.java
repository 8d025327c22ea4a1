package io.espalier.examples.basemodel;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Where pre-training starts: matrices drawn from N(0, 0.02²), norms 1, biases 0, as HuggingFace.
 */
final class RandomWeights {
  static final double DEVIATION = 0.02;

  private RandomWeights() {}

  static List<Weight> draw(ModelShape shape, long seed) {
    var random = new Random(seed);
    var weights = new ArrayList<Weight>();
    shape
        .weights()
        .forEach((name, sizes) -> weights.add(new Weight(name, sizes, draw(name, sizes, random))));
    return weights;
  }

  private static float[] draw(String name, int[] sizes, Random random) {
    var values = new float[ModelShape.elements(sizes)];
    for (int i = 0; i < values.length; i++) {
      if (sizes.length == 2) {
        values[i] = (float) (DEVIATION * random.nextGaussian());
      } else {
        values[i] = name.endsWith("norm.weight") ? 1 : 0;
      }
    }
    return values;
  }
}
