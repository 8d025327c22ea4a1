package io.espalier.examples.basemodel;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sizes of a Qwen2 model with tied embeddings.
 *
 * @param vocabulary tokens
 * @param hidden width, a multiple of heads
 * @param keyValueHeads a divisor of heads
 */
record ModelShape(
    int vocabulary, int hidden, int intermediate, int layers, int heads, int keyValueHeads) {

  /** Name to shape of every weight, named and ordered as HuggingFace does. */
  Map<String, int[]> weights() {
    int keyValues = keyValueHeads * hidden / heads;
    var weights = new LinkedHashMap<String, int[]>();
    weights.put("model.embed_tokens.weight", new int[] {vocabulary, hidden});
    for (int i = 0; i < layers; i++) {
      String layer = "model.layers." + i + ".";
      weights.put(layer + "input_layernorm.weight", new int[] {hidden});
      weights.put(layer + "self_attn.q_proj.weight", new int[] {hidden, hidden});
      weights.put(layer + "self_attn.q_proj.bias", new int[] {hidden});
      weights.put(layer + "self_attn.k_proj.weight", new int[] {keyValues, hidden});
      weights.put(layer + "self_attn.k_proj.bias", new int[] {keyValues});
      weights.put(layer + "self_attn.v_proj.weight", new int[] {keyValues, hidden});
      weights.put(layer + "self_attn.v_proj.bias", new int[] {keyValues});
      weights.put(layer + "self_attn.o_proj.weight", new int[] {hidden, hidden});
      weights.put(layer + "post_attention_layernorm.weight", new int[] {hidden});
      weights.put(layer + "mlp.gate_proj.weight", new int[] {intermediate, hidden});
      weights.put(layer + "mlp.up_proj.weight", new int[] {intermediate, hidden});
      weights.put(layer + "mlp.down_proj.weight", new int[] {hidden, intermediate});
    }
    weights.put("model.norm.weight", new int[] {hidden});
    return weights;
  }

  /** Numbers in all weights. */
  long parameters() {
    return weights().values().stream().mapToLong(ModelShape::elements).sum();
  }

  static int elements(int[] shape) {
    int elements = 1;
    for (int size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    return elements;
  }
}
