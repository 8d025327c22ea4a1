package io.espalier.worker.model;

import io.espalier.worker.model.ModelTensors.Linear;
import io.espalier.worker.model.ModelTensors.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Llama, Mistral, Qwen2, Qwen3: rotary positions, RMS norms, a gated MLP.
 *
 * @param headNorms whether each head's queries and keys are normalised, as in Qwen3
 * @param tied whether the output layer is the embedding
 * @param window how far back a token sees, itself counted, in tokens; empty: to the row's beginning
 */
record RotaryDecoder(
    int intermediateSize,
    double normEpsilon,
    RotaryPositions positions,
    boolean qkvBias,
    boolean outputBias,
    boolean mlpBias,
    boolean headNorms,
    boolean tied,
    OptionalInt window)
    implements Architecture {

  @Override
  public List<String> scripts() {
    return List.of("decoder.py", "rotary.py");
  }

  @Override
  public Map<String, Number> sizes(ModelConfig model) {
    return Architecture.attention(model, normEpsilon);
  }

  @Override
  public ModelTensors tensors(ModelConfig model) {
    int hidden = model.hiddenSize();
    int queries = model.heads() * model.headSize();
    int keys = model.kvHeads() * model.headSize();
    String layer = "model.layers.%d.";
    String attention = layer + "self_attn.";
    return new ModelTensors(
        List.of(Tensor.of("model.embed_tokens.weight", model.vocabulary(), hidden)),
        List.of(
            Tensor.of(layer + "input_layernorm.weight", hidden),
            Tensor.of(layer + "post_attention_layernorm.weight", hidden),
            new Tensor(attention + "q_norm.weight", headNorms, model.headSize()),
            new Tensor(attention + "k_norm.weight", headNorms, model.headSize())),
        List.of(
            new Linear(attention + "q_proj", hidden, queries, qkvBias),
            new Linear(attention + "k_proj", hidden, keys, qkvBias),
            new Linear(attention + "v_proj", hidden, keys, qkvBias),
            new Linear(attention + "o_proj", queries, hidden, outputBias),
            new Linear(layer + "mlp.gate_proj", hidden, intermediateSize, mlpBias),
            new Linear(layer + "mlp.up_proj", hidden, intermediateSize, mlpBias),
            new Linear(layer + "mlp.down_proj", intermediateSize, hidden, mlpBias)),
        List.of(),
        List.of(
            Tensor.of("model.norm.weight", hidden),
            new Tensor("lm_head.weight", !tied, model.vocabulary(), hidden)));
  }

  @Override
  public String bodyName() {
    return "model.";
  }

  @Override
  public float[] frequencies(ModelConfig model) {
    return positions.frequencies(model.headSize());
  }

  @Override
  public OptionalInt longestRow(ModelConfig model) {
    return window;
  }
}
