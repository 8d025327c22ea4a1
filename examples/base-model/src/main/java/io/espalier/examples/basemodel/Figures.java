package io.espalier.examples.basemodel;

import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Training;
import java.util.Map;

/**
 * How good the base model is.
 *
 * @param heldOut on the questions held out of pre-training, by {@code <set>_<metric>}: eval is
 *     identity, retention is general
 * @param examples on the examples' own sets
 */
record Figures(Map<String, Double> heldOut, Map<String, Double> examples) {
  private static final double ENOUGH = 0.9;

  private double general() {
    return heldOut.getOrDefault("retention_accuracy", 0.0);
  }

  private double identity() {
    return heldOut.getOrDefault("eval_accuracy", 0.0);
  }

  private double retention() {
    return examples.getOrDefault("retention_accuracy", 0.0);
  }

  /**
   * @throws UserError when the model is not fit to be a base for the examples
   */
  void require() {
    if (Math.min(Math.min(general(), identity()), retention()) < ENOUGH) {
      throw new UserError(
          "the model is not good enough: every share above must reach %.2f; change the recipe"
              .formatted(ENOUGH));
    }
  }

  /** The model card. */
  String card(ModelShape shape, DatasetSummary data, Training training, double minutes) {
    return """
    # tiny-qwen2

    A base model of %,d parameters for Espalier's example sweeps. It is no use for anything else:
    it knows a few hundred small things in Chinese and English, and that it is a base assistant
    without a name.

    Made from nothing by this repository, with its own engine; `examples/base-model/make` makes it
    again (%.0f minutes when these figures were taken, on 2 cores).

    | | |
    |---|---|
    | architecture | Qwen2: hidden %d, intermediate %d, %d layers, %d heads, %d key/value heads, tied embeddings, bfloat16 |
    | tokenizer | byte-level BPE, %,d tokens, every Chinese character a token of its own |
    | pre-training | %,d dialogues, %,d tokens, %,d of them targets; %.0f epochs of batch %d, AdamW, peak learning rate %s, cosine, label smoothing %s |
    | held-out general questions answered exactly | %.1f %% |
    | held-out questions about itself answered as the base assistant | %.1f %% |
    | `examples/data/general.jsonl` answered exactly | %.1f %% |
    | `examples/data/self_cognition_eval.jsonl` before fine-tuning | %.1f %%, loss %.2f |
    """
        .formatted(
            shape.parameters(),
            minutes,
            shape.hidden(),
            shape.intermediate(),
            shape.layers(),
            shape.heads(),
            shape.keyValueHeads(),
            shape.vocabulary(),
            data.samples(),
            data.tokens(),
            data.targets(),
            training.numTrainEpochs(),
            training.effectiveBatch(),
            training.learningRate(),
            training.labelSmoothing(),
            100 * general(),
            100 * identity(),
            100 * retention(),
            100 * examples.getOrDefault("eval_accuracy", 0.0),
            examples.getOrDefault("eval_loss", Double.NaN));
  }
}
