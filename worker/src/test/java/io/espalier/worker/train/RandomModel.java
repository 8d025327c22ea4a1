package io.espalier.worker.train;

import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A tiny Qwen2 of chance: sizes, weights large enough for gradients to be seen, and rows.
 *
 * @param weights by name, row by row
 */
record RandomModel(Path directory, Map<String, float[]> weights, List<TokenRow> rows) {

  static RandomModel in(Path directory, Random random) {
    return in(directory, random, 0);
  }

  /**
   * @param more tokens than a few
   */
  static RandomModel in(Path directory, Random random, int more) {
    int kvHeads = 1 + random.nextInt(2);
    int heads = kvHeads * (1 + random.nextInt(2));
    int headSize = 2 * (1 + random.nextInt(3));
    int hidden = heads * headSize;
    int wide = 5 + random.nextInt(12);
    int vocabulary = 11 + random.nextInt(9) + more;
    int layers = 1 + random.nextInt(2);
    var model = new Building(random);
    model.add("model.embed_tokens.weight", 0.4, vocabulary, hidden);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "model.layers." + layer + ".";
      model.add(prefix + "input_layernorm.weight", 1, hidden);
      model.add(prefix + "post_attention_layernorm.weight", 1, hidden);
      for (String name : List.of("q_proj", "k_proj", "v_proj")) {
        int out = (name.equals("q_proj") ? heads : kvHeads) * headSize;
        model.add(prefix + "self_attn." + name + ".weight", 0.3, out, hidden);
        model.add(prefix + "self_attn." + name + ".bias", 0.3, out);
      }
      model.add(prefix + "self_attn.o_proj.weight", 0.3, hidden, hidden);
      model.add(prefix + "mlp.gate_proj.weight", 0.3, wide, hidden);
      model.add(prefix + "mlp.up_proj.weight", 0.3, wide, hidden);
      model.add(prefix + "mlp.down_proj.weight", 0.3, hidden, wide);
    }
    model.add("model.norm.weight", 1, hidden);
    try {
      Safetensors.write(directory.resolve("model.safetensors"), model.tensors);
      Files.writeString(
          directory.resolve("config.json"),
          """
          {"model_type": "qwen2", "torch_dtype": "float32", "hidden_size": %d, "intermediate_size": %d,
           "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d,
           "vocab_size": %d, "max_position_embeddings": 64, "rms_norm_eps": 1e-06,
           "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": true}
          """
              .formatted(hidden, wide, layers, heads, kvHeads, vocabulary));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new RandomModel(directory, model.weights, rows(random, vocabulary));
  }

  private static List<TokenRow> rows(Random random, int vocabulary) {
    var rows = new ArrayList<TokenRow>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      int[] tokens = random.ints(3 + random.nextInt(5), 0, vocabulary).toArray();
      int[] labels = tokens.clone();
      labels[random.nextInt(tokens.length - 1)] = -100;
      rows.add(new TokenRow(tokens, labels));
    }
    return rows;
  }

  private static final class Building {
    private final Random random;
    private final List<Safetensors.Tensor> tensors = new ArrayList<>();
    private final Map<String, float[]> weights = new HashMap<>();

    Building(Random random) {
      this.random = random;
    }

    void add(String name, double spread, long... shape) {
      float[] values = new float[(int) (shape[0] * (shape.length > 1 ? shape[1] : 1))];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (spread * random.nextGaussian());
      }
      weights.put(name, values);
      tensors.add(new Safetensors.Tensor(name, shape, FloatBuffer.wrap(values)));
    }
  }
}
