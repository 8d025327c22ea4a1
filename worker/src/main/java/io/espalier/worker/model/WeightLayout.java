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
   * @param shape empty (size 0) where the model has no such tensor: {@code [0]}
   * @param offset of its first number in the flat vector
   */
  public record Entry(String name, long[] shape, long offset) {
    public long size() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    public boolean present() {
      return size() > 0;
    }
  }

  static WeightLayout of(ModelConfig config) {
    var entries = new Building();
    entries.add("model.embed_tokens.weight", true, config.vocabulary(), config.hiddenSize());
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "model.layers.%d.".formatted(layer);
      entries.add(prefix + "input_layernorm.weight", true, config.hiddenSize());
      entries.add(prefix + "post_attention_layernorm.weight", true, config.hiddenSize());
      for (Projection module : Projection.values()) {
        String path = module.path(layer);
        entries.add(path + ".weight", true, module.out(config), module.in(config));
        entries.add(path + ".bias", module.biased(config), module.out(config));
      }
    }
    entries.add("model.norm.weight", true, config.hiddenSize());
    entries.add("lm_head.weight", !config.tied(), config.vocabulary(), config.hiddenSize());
    return new WeightLayout(entries.made);
  }

  /** Numbers of all tensors together. */
  public long parameters() {
    return entries.stream().mapToLong(Entry::size).sum();
  }

  private static final class Building {
    final List<Entry> made = new ArrayList<>();
    private long offset;

    void add(String name, boolean present, long... shape) {
      Entry entry = new Entry(name, present ? shape : new long[] {0}, offset);
      made.add(entry);
      offset += entry.size();
    }
  }
}
