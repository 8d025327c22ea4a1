package io.espalier.worker.model;

import java.util.Optional;

/**
 * Rotary position embedding.
 *
 * @param theta base of the frequencies
 * @param stretching for rows longer than those the model was first trained on
 */
record RotaryPositions(double theta, Optional<Llama3> stretching) {

  /**
   * Llama 3.1's scaling of the frequencies: those of long waves are divided by {@code factor},
   * those of short waves kept, those in between blended.
   *
   * @param lowFactor {@code originalLength} by the shortest wave that is divided whole
   * @param highFactor {@code originalLength} by the longest wave that is kept, above {@code
   *     lowFactor}
   * @param originalLength tokens of the longest row first trained on
   */
  record Llama3(double factor, double lowFactor, double highFactor, int originalLength) {

    /** In float32, step by step, as HuggingFace computes it. */
    float scaled(float frequency) {
      float wave = (float) (2 * Math.PI) / frequency;
      if (wave > originalLength / lowFactor) {
        return frequency / (float) factor;
      }
      if (wave < originalLength / highFactor) {
        return frequency;
      }
      float kept = (originalLength / wave - (float) lowFactor) / (float) (highFactor - lowFactor);
      return (1 - kept) * frequency / (float) factor + kept * frequency;
    }
  }

  /** Inverse frequencies of half a head's features, rounded as HuggingFace's float32 does. */
  float[] frequencies(int headSize) {
    float[] frequencies = new float[headSize / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / headSize;
      float plain = 1f / (float) Math.pow(theta, exponent);
      frequencies[i] = stretching.map(llama3 -> llama3.scaled(plain)).orElse(plain);
    }
    return frequencies;
  }
}
