package io.espalier.worker.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The model's tensors in the order the engine's script takes them, HuggingFace's names beside. Laid
 * end to end they are the flat vector that full training trains.
 */
public record WeightLayout(List<Entry> entries) {
  public WeightLayout {
    entries = List.copyOf(entries);
  }

  /**
   * @param place its layer from 0; −1 before the first, {@code layers} after the last
   * @param shape empty (size 0) where the model has no such tensor: {@code [0]}
   * @param transposed whether files hold it the other way round
   * @param offset of its first number in the flat vector
   */
  public record Entry(String name, int place, long[] shape, boolean transposed, long offset) {
    /** As files hold it. */
    public long[] storedShape() {
      return transposed ? new long[] {shape[1], shape[0]} : shape;
    }

    public long size() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /**
     * How many layers its result goes through after its own: 0 for the last layer and what follows
     * it, all for the embedding.
     */
    public int layersAbove(int layers) {
      return place < 0 ? layers : Math.max(0, layers - 1 - place);
    }

    public boolean present() {
      return size() > 0;
    }
  }

  static WeightLayout of(ModelConfig config) {
    ModelTensors tensors = config.architecture().tensors(config);
    var entries = new Building(config.architecture().storesTransposed());
    tensors.leading().forEach(tensor -> entries.add(tensor, -1));
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ModelTensors.Tensor norm : tensors.norms()) {
        entries.add(norm, layer);
      }
      entries.addAll(tensors.modules(), layer);
    }
    entries.addAll(tensors.following(), config.layers());
    tensors.last().forEach(tensor -> entries.add(tensor, config.layers()));
    return new WeightLayout(entries.made);
  }

  /** Numbers of all tensors together. */
  public long parameters() {
    return entries.stream().mapToLong(Entry::size).sum();
  }

  private static final class Building {
    final List<Entry> made = new ArrayList<>();
    private final boolean transposed;
    private long offset;

    Building(boolean transposed) {
      this.transposed = transposed;
    }

    void addAll(List<ModelTensors.Linear> modules, int layer) {
      for (ModelTensors.Linear module : modules) {
        var weight = ModelTensors.Tensor.of(module.path() + ".weight", module.out(), module.in());
        add(weight, layer, transposed);
        add(new ModelTensors.Tensor(module.path() + ".bias", module.biased(), module.out()), layer);
      }
    }

    void add(ModelTensors.Tensor tensor, int place) {
      add(tensor, place, false);
    }

    private void add(ModelTensors.Tensor tensor, int place, boolean turned) {
      long[] shape = tensor.present() ? tensor.shape() : new long[] {0};
      Entry entry = new Entry(tensor.name().formatted(place), place, shape, turned, offset);
      made.add(entry);
      offset += entry.size();
    }
  }
}
