package io.espalier.worker.model;

import java.util.Locale;

/** The linear modules of a layer, in the order the engine's script knows them. */
public enum Projection {
  Q_PROJ("self_attn"),
  K_PROJ("self_attn"),
  V_PROJ("self_attn"),
  O_PROJ("self_attn"),
  GATE_PROJ("mlp"),
  UP_PROJ("mlp"),
  DOWN_PROJ("mlp");

  private final String parent;

  Projection(String parent) {
    this.parent = parent;
  }

  /** Linear modules of a model's layers. */
  public static int count(ModelConfig config) {
    return config.layers() * values().length;
  }

  /** HuggingFace's name: {@code q_proj}. */
  public String moduleName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Where it lies in the model: {@code model.layers.0.self_attn.q_proj}. */
  public String path(int layer) {
    return "model.layers.%d.%s.%s".formatted(layer, parent, moduleName());
  }

  /** Features it reads. */
  public int in(ModelConfig config) {
    return switch (this) {
      case Q_PROJ, K_PROJ, V_PROJ, GATE_PROJ, UP_PROJ -> config.hiddenSize();
      case O_PROJ -> config.heads() * config.headSize();
      case DOWN_PROJ -> config.intermediateSize();
    };
  }

  /** Features it gives. */
  public int out(ModelConfig config) {
    return switch (this) {
      case Q_PROJ -> config.heads() * config.headSize();
      case K_PROJ, V_PROJ -> config.kvHeads() * config.headSize();
      case O_PROJ, DOWN_PROJ -> config.hiddenSize();
      case GATE_PROJ, UP_PROJ -> config.intermediateSize();
    };
  }

  boolean biased(ModelConfig config) {
    return switch (this) {
      case Q_PROJ, K_PROJ, V_PROJ -> config.qkvBias();
      case O_PROJ -> config.outputBias();
      case GATE_PROJ, UP_PROJ, DOWN_PROJ -> config.mlpBias();
    };
  }
}
