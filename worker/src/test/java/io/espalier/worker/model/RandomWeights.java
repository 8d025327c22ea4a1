package io.espalier.worker.model;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Weights of chance for a model of which there is a config.json. */
public final class RandomWeights {
  private RandomWeights() {}

  /**
   * Writes them beside it, large enough for gradients to be seen.
   *
   * @return each tensor by name, row by row, as files hold it
   */
  public static Map<String, float[]> write(Path directory, Random random) throws IOException {
    var weights = new HashMap<String, float[]>();
    var tensors = new ArrayList<Safetensors.Tensor>();
    for (WeightLayout.Entry entry : WeightLayout.of(ModelConfig.read(directory)).entries()) {
      if (!entry.present()) {
        continue;
      }
      float[] values = new float[Math.toIntExact(entry.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (spread(entry) * random.nextGaussian());
      }
      weights.put(entry.name(), values);
      tensors.add(
          new Safetensors.Tensor(entry.name(), entry.storedShape(), FloatBuffer.wrap(values)));
    }
    Safetensors.write(directory.resolve("model.safetensors"), tensors);
    return weights;
  }

  private static double spread(WeightLayout.Entry entry) {
    boolean norm = entry.shape().length == 1 && entry.name().endsWith(".weight");
    return norm ? 1 : entry.place() < 0 ? 0.4 : 0.3;
  }
}
