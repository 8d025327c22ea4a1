package io.espalier.worker.model;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A family of models: its tensors, its text for the engine's script, what it is used for. */
sealed interface Architecture permits RotaryDecoder, Gpt2, BertClassifier {

  /** The layer that chooses a row's class, in a model that does. */
  String HEAD = "classifier";

  /** Its part of the engine's script: resources beside the engine's own. */
  List<String> scripts();

  /** The attributes that its part of the script declares. */
  Map<String, Number> sizes(ModelConfig model);

  ModelTensors tensors(ModelConfig model);

  /** What the names of its body's tensors begin with; some files are of the body alone. */
  String bodyName();

  /** Whether files hold its linear modules' weights as [in, out], as transformers' Conv1D does. */
  default boolean storesTransposed() {
    return false;
  }

  /** Inverse frequencies of its positions' rotation; empty without. */
  default float[] frequencies(ModelConfig model) {
    return new float[0];
  }

  /** The longest row that is computed exactly, in tokens; empty where any is. */
  OptionalInt longestRow(ModelConfig model);

  /** Classes that a row is put in; 0 where the next token is predicted. */
  default int classes() {
    return 0;
  }

  /** The sizes that decoder.py declares, and the epsilon of the norms. */
  static Map<String, Number> attention(ModelConfig model, double normEpsilon) {
    return Map.of(
        "HEADS", model.heads(),
        "KV_HEADS", model.kvHeads(),
        "HEAD_SIZE", model.headSize(),
        "NORM_EPSILON", normEpsilon);
  }
}
