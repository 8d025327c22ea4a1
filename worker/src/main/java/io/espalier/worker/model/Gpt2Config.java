package io.espalier.worker.model;

import java.util.List;

/** config.json of GPT-2. */
record Gpt2Config(ConfigFile config, String dtype, List<Integer> endTokens) {

  ModelConfig model() {
    int hidden = config.positive("n_embd", 768);
    int heads = config.positive("n_head", 12);
    if (hidden % heads != 0) {
      throw config.problem(
          "n_embd", "is %d; it must be a multiple of the %d heads".formatted(hidden, heads));
    }
    config.requireText("activation_function", "gelu_new");
    config.requireFlag("scale_attn_weights", true);
    config.requireFlag("scale_attn_by_inverse_layer_idx", false);
    config.requireFlag("add_cross_attention", false);
    return new ModelConfig(
        "gpt2",
        config.positive("vocab_size"),
        hidden,
        config.positive("n_layer", 12),
        heads,
        heads,
        hidden / heads,
        config.positive("n_positions", 1024),
        dtype,
        endTokens,
        new Gpt2(
            config.positive("n_inner", 4 * hidden),
            config.positiveNumber("layer_norm_epsilon", 1e-5),
            config.flag("tie_word_embeddings", true)));
  }
}
