package io.espalier.worker.model;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A family of models: its tensors, its text for the engine's script, what it is used for. */
sealed interface Architecture permits RotaryDecoder {

  /** Its part of the engine's script: resources beside the engine's own. */
  List<String> scripts();

  /** The attributes that its part of the script declares. */
  Map<String, Number> sizes(ModelConfig model);

  ModelTensors tensors(ModelConfig model);

  /** Inverse frequencies of its positions' rotation; empty without. */
  float[] frequencies(ModelConfig model);

  /** The longest row that is computed exactly, in tokens; empty where any is. */
  OptionalInt longestRow(ModelConfig model);
}
