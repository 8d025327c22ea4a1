package io.espalier.worker.train;

import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.RandomWeights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A tiny model of chance: sizes, weights and rows.
 *
 * @param weights by name, row by row, as files hold them
 */
record RandomModel(Path directory, Map<String, float[]> weights, List<TokenRow> rows) {

  static RandomModel in(Path directory, Random random) {
    return in(directory, random, "qwen2", 0);
  }

  /**
   * @param type qwen2, qwen3, gpt2 or bert
   * @param more tokens than a few
   */
  static RandomModel in(Path directory, Random random, String type, int more) {
    var sizes = Sizes.of(random, more);
    try {
      Files.writeString(directory.resolve("config.json"), sizes.config(type));
      Map<String, float[]> weights = RandomWeights.write(directory, random);
      return new RandomModel(
          directory, weights, rows(random, sizes.vocabulary(), type.equals("bert")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<TokenRow> rows(Random random, int vocabulary, boolean classified) {
    var rows = new ArrayList<TokenRow>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      int[] tokens = random.ints(3 + random.nextInt(5), 0, vocabulary).toArray();
      int[] labels = tokens.clone();
      labels[random.nextInt(tokens.length - 1)] = -100;
      rows.add(
          classified
              ? TokenRow.classified(tokens, random.nextInt(3))
              : new TokenRow(tokens, labels));
    }
    return rows;
  }

  private record Sizes(int kvHeads, int heads, int headSize, int wide, int vocabulary, int layers) {

    static Sizes of(Random random, int more) {
      int kvHeads = 1 + random.nextInt(2);
      return new Sizes(
          kvHeads,
          kvHeads * (1 + random.nextInt(2)),
          2 * (1 + random.nextInt(3)),
          5 + random.nextInt(12),
          11 + random.nextInt(9) + more,
          1 + random.nextInt(2));
    }

    /** A layer norm of two features has nothing but signs left, and no gradient. */
    private int normed() {
      return heads * (headSize + 2);
    }

    String config(String type) {
      int hidden = heads * headSize;
      return switch (type) {
        case "gpt2" ->
            """
            {"model_type": "gpt2", "torch_dtype": "float32", "n_embd": %d, "n_inner": %d,
             "n_layer": %d, "n_head": %d, "vocab_size": %d, "n_positions": 16,
             "activation_function": "gelu_new", "layer_norm_epsilon": 1e-05}
            """
                .formatted(normed(), wide, layers, heads, vocabulary);
        case "bert" ->
            """
            {"model_type": "bert", "architectures": ["BertForSequenceClassification"],
             "torch_dtype": "float32", "hidden_size": %d, "intermediate_size": %d,
             "num_hidden_layers": %d, "num_attention_heads": %d, "vocab_size": %d,
             "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu",
             "layer_norm_eps": 1e-12, "id2label": {"0": "a", "1": "b", "2": "c"}}
            """
                .formatted(normed(), wide, layers, heads, vocabulary);
        default ->
            """
            {"model_type": "%s", "torch_dtype": "float32", "hidden_size": %d,
             "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d,
             "num_key_value_heads": %d, "head_dim": %d, "vocab_size": %d,
             "max_position_embeddings": 64, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
             "hidden_act": "silu", "tie_word_embeddings": true}
            """
                .formatted(
                    type,
                    hidden,
                    wide,
                    layers,
                    heads,
                    kvHeads,
                    type.equals("qwen3") ? headSize + 2 : headSize,
                    vocabulary);
      };
    }
  }
}
