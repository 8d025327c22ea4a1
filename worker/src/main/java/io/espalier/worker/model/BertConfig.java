package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** config.json of BERT. */
record BertConfig(ConfigFile config, String dtype) {

  ModelConfig model() {
    int hidden = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    if (hidden % heads != 0) {
      throw config.problem(
          "hidden_size", "is %d; it must be a multiple of the %d heads".formatted(hidden, heads));
    }
    config.requireText("hidden_act", "gelu");
    config.requireText("position_embedding_type", "absolute");
    config.requireText("problem_type", "single_label_classification");
    config.requireFlag("is_decoder", false);
    config.requireFlag("add_cross_attention", false);
    return new ModelConfig(
        "bert",
        config.positive("vocab_size"),
        hidden,
        config.positive("num_hidden_layers"),
        heads,
        heads,
        hidden / heads,
        config.positive("max_position_embeddings", 512),
        dtype,
        List.of(),
        new BertClassifier(
            config.positive("intermediate_size"),
            config.positiveNumber("layer_norm_eps", 1e-12),
            classes(),
            config.positive("type_vocab_size", 2)));
  }

  private int classes() {
    int classes =
        config
            .find("id2label")
            .map(JsonNode::size)
            .orElseGet(() -> config.positive("num_labels", 2));
    if (classes < 2) {
      throw config.problem(
          "id2label", "names %d class; supported are two or more".formatted(classes));
    }
    return classes;
  }
}
