package io.espalier.worker.model;

import java.util.List;

/**
 * The tensors of a model in the order the engine's script takes them, by HuggingFace's names. In
 * the names of what every layer has, {@code %d} stands for the layer.
 *
 * @param leading before the first layer
 * @param norms of each layer, before its linear modules
 * @param modules of each layer
 * @param following linear modules after the last layer
 * @param last the rest
 */
record ModelTensors(
    List<Tensor> leading,
    List<Tensor> norms,
    List<Linear> modules,
    List<Linear> following,
    List<Tensor> last) {

  /**
   * @param present whether this model has it
   */
  record Tensor(String name, boolean present, long... shape) {
    static Tensor of(String name, long... shape) {
      return new Tensor(name, true, shape);
    }
  }

  /** A linear module without its layer. */
  record Linear(String path, int in, int out, boolean biased) {
    Projection at(int layer, int ordinal) {
      return new Projection(layer, ordinal, path.formatted(layer), in, out);
    }
  }
}
