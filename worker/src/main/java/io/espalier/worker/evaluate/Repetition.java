package io.espalier.worker.evaluate;

import java.util.Arrays;
import java.util.List;

/** How much of what was generated has been said before. */
final class Repetition {
  /** Of a phrase, to be no stutter; and how often it must be said to be a loop. */
  private static final int SHORTEST_PHRASE = 2;

  private static final int TIMES = 3;

  private Repetition() {}

  /**
   * seq-rep-4 (Welleck et al. 2019): 1 − unique ÷ total 4-grams of tokens, 0 (no repetition) to
   * almost 1; 0 for an answer too short to have one.
   */
  static double seqRep4(int[] tokens) {
    return 1 - NGrams.of(4, Arrays.stream(tokens).boxed().toList()).uniqueShare(1);
  }

  /**
   * distinct-n (Li et al. 2016): unique ÷ total n-grams of all answers together, 0 (nothing said)
   * to 1, on {@link TextTokens}.
   */
  static double distinct(int n, List<String> answers) {
    return NGrams.pooled(n, answers.stream().map(TextTokens::of).toList()).uniqueShare(0);
  }

  /**
   * Whether an answer ends in a phrase of at least two tokens said three times over (Holtzman et
   * al. 2019, "The Curious Case of Neural Text Degeneration", on repetition).
   */
  static boolean endsInLoop(int[] tokens) {
    for (int phrase = SHORTEST_PHRASE; phrase * TIMES <= tokens.length; phrase++) {
      int same = 0;
      int at = tokens.length - 1;
      while (same < phrase * (TIMES - 1) && tokens[at - same] == tokens[at - same - phrase]) {
        same++;
      }
      if (same == phrase * (TIMES - 1)) {
        return true;
      }
    }
    return false;
  }
}
