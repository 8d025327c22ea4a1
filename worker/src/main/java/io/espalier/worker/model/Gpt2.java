package io.espalier.worker.model;

import io.espalier.worker.model.ModelTensors.Linear;
import io.espalier.worker.model.ModelTensors.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * GPT-2: learned positions, layer norms, weights stored as [in, out] (transformers' Conv1D).
 *
 * @param tied whether the output layer is the embedding
 */
record Gpt2(int intermediateSize, double normEpsilon, boolean tied) implements Architecture {

  @Override
  public List<String> scripts() {
    return List.of("decoder.py", "gpt2.py");
  }

  @Override
  public Map<String, Number> sizes(ModelConfig model) {
    return Architecture.attention(model, normEpsilon);
  }

  @Override
  public ModelTensors tensors(ModelConfig model) {
    int hidden = model.hiddenSize();
    String layer = "transformer.h.%d.";
    return new ModelTensors(
        List.of(
            Tensor.of("transformer.wte.weight", model.vocabulary(), hidden),
            Tensor.of("transformer.wpe.weight", model.maxPositions(), hidden)),
        List.of(
            Tensor.of(layer + "ln_1.weight", hidden),
            Tensor.of(layer + "ln_1.bias", hidden),
            Tensor.of(layer + "ln_2.weight", hidden),
            Tensor.of(layer + "ln_2.bias", hidden)),
        List.of(
            new Linear(layer + "attn.c_attn", hidden, 3 * hidden, true),
            new Linear(layer + "attn.c_proj", hidden, hidden, true),
            new Linear(layer + "mlp.c_fc", hidden, intermediateSize, true),
            new Linear(layer + "mlp.c_proj", intermediateSize, hidden, true)),
        List.of(),
        List.of(
            Tensor.of("transformer.ln_f.weight", hidden),
            Tensor.of("transformer.ln_f.bias", hidden),
            new Tensor("lm_head.weight", !tied, model.vocabulary(), hidden)));
  }

  @Override
  public boolean storesTransposed() {
    return true;
  }

  @Override
  public String bodyName() {
    return "transformer.";
  }

  @Override
  public OptionalInt longestRow(ModelConfig model) {
    return OptionalInt.of(model.maxPositions());
  }
}
