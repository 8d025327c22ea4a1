package io.espalier.common.spec;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * When and what is measured on the evaluation sets.
 *
 * @param everyEpoch loss on each set at every epoch's end
 * @param metrics computed at a trial's end; {@code loss} also at each epoch
 * @param maxNewTokens how far a generated answer may go
 */
public record EvaluationSpec(boolean everyEpoch, Set<Metric> metrics, int maxNewTokens) {
  public EvaluationSpec {
    metrics = Collections.unmodifiableSet(new TreeSet<>(metrics));
  }

  /** What can be measured on a set. */
  public enum Metric {
    /** Token mean of the loss. */
    LOSS,
    /** Share of target tokens predicted when the answer so far is given. */
    TOKEN_ACCURACY,
    /**
     * Share of generated answers that are right: keywords where {@code replace} changed the row,
     * else exact.
     */
    ACCURACY,
    /** seq-rep-4: 1 − unique ÷ total 4-grams of an answer, mean over answers. */
    REPETITION
  }
}
