package io.espalier.worker.model;

import java.nio.file.Path;
import java.util.List;

/**
 * What the engine needs to know of a HuggingFace causal language model (Qwen2 or Llama).
 *
 * @param vocabulary rows of the embedding
 * @param heads query heads of a layer
 * @param kvHeads key and value heads; {@code heads} is a multiple of it
 * @param headSize features of one head, even
 * @param maxPositions the longest row the model was made for, in tokens
 * @param ropeTheta base of the rotary embedding's frequencies
 * @param tied whether the output layer is the embedding
 * @param dtype what its weights are stored in: {@code float32}, {@code bfloat16} or {@code float16}
 * @param endTokens what ends a generated answer; generation_config.json before config.json
 */
public record ModelConfig(
    String modelType,
    int vocabulary,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int maxPositions,
    double normEpsilon,
    double ropeTheta,
    boolean qkvBias,
    boolean outputBias,
    boolean mlpBias,
    boolean tied,
    String dtype,
    List<Integer> endTokens) {
  public ModelConfig {
    endTokens = List.copyOf(endTokens);
  }

  /**
   * Reads {@code config.json}, and {@code generation_config.json} where there is one.
   *
   * @throws io.espalier.common.UserError naming file and key when the model is not one the engine
   *     computes exactly
   */
  public static ModelConfig read(Path directory) {
    return ModelConfigReader.read(directory);
  }

  /** Inverse frequencies of the rotary embedding, rounded as HuggingFace's float32 does. */
  float[] ropeFrequencies() {
    float[] frequencies = new float[headSize / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / headSize;
      frequencies[i] = 1f / (float) Math.pow(ropeTheta, exponent);
    }
    return frequencies;
  }
}
