package io.espalier.worker.evaluate;

import io.espalier.worker.data.EvaluationSet;
import java.util.List;

/** Lets one trained state go through evaluation sets. */
public interface SetEvaluator {
  /** Loss and token accuracy of all rows together. */
  Evaluator.Score score(EvaluationSet set);

  /**
   * The likeliest answer to each question, in their order, without the token that ended it.
   *
   * @param endTokens what ends an answer
   * @param maxNewTokens where an answer is cut off, ≥ 1
   */
  List<int[]> answer(EvaluationSet set, List<Integer> endTokens, int maxNewTokens);
}
