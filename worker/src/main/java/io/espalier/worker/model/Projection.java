package io.espalier.worker.model;

/**
 * A linear module of a model: what an adapter can be trained on.
 *
 * @param layer from 0; the number of layers for a module after the last
 * @param ordinal its place among the layer's, in the order the engine's script knows them
 * @param path its name in the model: {@code model.layers.0.self_attn.q_proj}
 * @param in features it reads
 * @param out features it gives
 */
public record Projection(int layer, int ordinal, String path, int in, int out) {

  /** HuggingFace's name: {@code q_proj}. */
  public String moduleName() {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
