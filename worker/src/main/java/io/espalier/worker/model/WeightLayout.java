package io.espalier.worker.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The model's tensors in the order the engine's script takes them, HuggingFace's names beside. Laid
 * end to end they are the flat vector that full training trains.
 */
public record WeightLayout(List<Entry> entries) {
  /** Tensors before the first layer. */
  static final int LEADING = 1;

  /** Tensors of a layer before those of its linear modules. */
  static final int NORMS = 2;

  public WeightLayout {
    entries = List.copyOf(entries);
  }

  /**
   * @param place its layer from 0; −1 before the first, {@code layers} after the last
   * @param shape empty (size 0) where the model has no such tensor: {@code [0]}
   * @param offset of its first number in the flat vector
   */
  public record Entry(String name, int place, long[] shape, long offset) {
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
    var entries = new Building();
    entries.add("model.embed_tokens.weight", -1, true, config.vocabulary(), config.hiddenSize());
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "model.layers.%d.".formatted(layer);
      entries.add(prefix + "input_layernorm.weight", layer, true, config.hiddenSize());
      entries.add(prefix + "post_attention_layernorm.weight", layer, true, config.hiddenSize());
      for (Projection module : Projection.values()) {
        String path = module.path(layer);
        entries.add(path + ".weight", layer, true, module.out(config), module.in(config));
        entries.add(path + ".bias", layer, module.biased(config), module.out(config));
      }
    }
    entries.add("model.norm.weight", config.layers(), true, config.hiddenSize());
    entries.add(
        "lm_head.weight",
        config.layers(),
        !config.tied(),
        config.vocabulary(),
        config.hiddenSize());
    return new WeightLayout(entries.made);
  }

  /** Numbers of all tensors together. */
  public long parameters() {
    return entries.stream().mapToLong(Entry::size).sum();
  }

  private static final class Building {
    final List<Entry> made = new ArrayList<>();
    private long offset;

    void add(String name, int place, boolean present, long... shape) {
      Entry entry = new Entry(name, place, present ? shape : new long[] {0}, offset);
      made.add(entry);
      offset += entry.size();
    }
  }
}
