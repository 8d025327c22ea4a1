package io.espalier.worker.generate;

import io.espalier.common.UserError;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Chooses tokens, one after another. */
final class Sampler {
  private final Sampling sampling;
  private final SplittableRandom random;

  Sampler(Sampling sampling) {
    this.sampling = sampling;
    random = new SplittableRandom(sampling.seed());
  }

  /**
   * @param logits of each token of the vocabulary
   * @throws UserError when one is NaN or +∞: the weights have diverged
   */
  int next(float[] logits) {
    int likeliest = 0;
    for (int token = 0; token < logits.length; token++) {
      if (Float.isNaN(logits[token]) || logits[token] == Float.POSITIVE_INFINITY) {
        throw new UserError(
            "the model's output is not finite: its weights or its adapter are unusable");
      }
      likeliest = logits[token] > logits[likeliest] ? token : likeliest;
    }
    return sampling.temperature() == 0 ? likeliest : draw(logits, logits[likeliest]);
  }

  private int draw(float[] logits, float highest) {
    float[] weights = new float[logits.length];
    double sum = 0;
    for (int token = 0; token < weights.length; token++) {
      double below = (double) logits[token] - highest;
      weights[token] = (float) Math.exp(below / sampling.temperature());
      sum += weights[token];
    }
    long[] byWeight = likeliestFirst(weights);
    double kept = 0;
    int nucleus = 0;
    while (nucleus < byWeight.length && kept < sampling.topP() * sum) {
      kept += weights[token(byWeight[nucleus++])];
    }
    double point = random.nextDouble() * kept;
    int at = 0;
    for (double passed = weights[token(byWeight[0])]; at < nucleus - 1 && passed <= point; ) {
      passed += weights[token(byWeight[++at])];
    }
    return token(byWeight[at]);
  }

  /** Tokens by falling weight in the low 32 bits; a float's bits are ordered as it is, above 0. */
  private static long[] likeliestFirst(float[] weights) {
    long[] keys = new long[weights.length];
    for (int token = 0; token < keys.length; token++) {
      keys[token] =
          ((long) (Integer.MAX_VALUE - Float.floatToIntBits(weights[token])) << 32) | token;
    }
    Arrays.sort(keys);
    return keys;
  }

  private static int token(long key) {
    return (int) key;
  }
}
