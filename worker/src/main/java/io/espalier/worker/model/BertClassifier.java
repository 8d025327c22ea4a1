package io.espalier.worker.model;

import io.espalier.worker.model.ModelTensors.Linear;
import io.espalier.worker.model.ModelTensors.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * BERT for sequence classification: every token sees all others; the first one's features, pooled,
 * choose the row's class.
 *
 * @param classes ≥ 2
 * @param tokenTypes rows of the table of token types, of which the first is used
 */
record BertClassifier(int intermediateSize, double normEpsilon, int classes, int tokenTypes)
    implements Architecture {

  @Override
  public List<String> scripts() {
    return List.of("bert.py");
  }

  @Override
  public Map<String, Number> sizes(ModelConfig model) {
    return Map.of(
        "HEADS", model.heads(), "HEAD_SIZE", model.headSize(), "NORM_EPSILON", normEpsilon);
  }

  @Override
  public ModelTensors tensors(ModelConfig model) {
    int hidden = model.hiddenSize();
    String embeddings = "bert.embeddings.";
    String layer = "bert.encoder.layer.%d.";
    String attention = layer + "attention.self.";
    return new ModelTensors(
        List.of(
            Tensor.of(embeddings + "word_embeddings.weight", model.vocabulary(), hidden),
            Tensor.of(embeddings + "position_embeddings.weight", model.maxPositions(), hidden),
            Tensor.of(embeddings + "token_type_embeddings.weight", tokenTypes, hidden),
            Tensor.of(embeddings + "LayerNorm.weight", hidden),
            Tensor.of(embeddings + "LayerNorm.bias", hidden)),
        List.of(
            Tensor.of(layer + "attention.output.LayerNorm.weight", hidden),
            Tensor.of(layer + "attention.output.LayerNorm.bias", hidden),
            Tensor.of(layer + "output.LayerNorm.weight", hidden),
            Tensor.of(layer + "output.LayerNorm.bias", hidden)),
        List.of(
            new Linear(attention + "query", hidden, hidden, true),
            new Linear(attention + "key", hidden, hidden, true),
            new Linear(attention + "value", hidden, hidden, true),
            new Linear(layer + "attention.output.dense", hidden, hidden, true),
            new Linear(layer + "intermediate.dense", hidden, intermediateSize, true),
            new Linear(layer + "output.dense", intermediateSize, hidden, true)),
        List.of(new Linear("bert.pooler.dense", hidden, hidden, true)),
        List.of(Tensor.of(HEAD + ".weight", classes, hidden), Tensor.of(HEAD + ".bias", classes)));
  }

  @Override
  public String bodyName() {
    return "bert.";
  }

  @Override
  public OptionalInt longestRow(ModelConfig model) {
    return OptionalInt.of(model.maxPositions());
  }
}
