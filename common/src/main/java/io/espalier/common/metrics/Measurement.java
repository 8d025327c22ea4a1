package io.espalier.common.metrics;

/** What a row measures. Numbers are float64 and may be NaN or infinite. */
public sealed interface Measurement {
  /**
   * One optimizer update.
   *
   * @param trainLoss loss of the update's effective batch
   * @param learningRate what was used
   * @param gradNorm before clipping
   * @param tokensPerSecond of this branch while it computed the update
   */
  record Update(double trainLoss, double learningRate, double gradNorm, double tokensPerSecond)
      implements Measurement {}

  /**
   * One metric of one evaluation set.
   *
   * @param set {@code eval} or {@code retention}
   * @param metric {@code loss}, {@code accuracy}, …
   */
  record Evaluation(String set, String metric, double value) implements Measurement {
    /** {@code <set>_<metric>}, the name specs and tables use. */
    public String name() {
      return set + "_" + metric;
    }
  }

  /**
   * A rule ended the branch at this update: a guard's was not applied, that of early stopping was.
   */
  record Kill(String rule, double value, double threshold) implements Measurement {}

  /**
   * A guard lowered the learning rate of this update and of all after it.
   *
   * @param value what was measured
   * @param learningRate what the update used, lowered
   */
  record Reduction(String rule, double value, double threshold, double learningRate)
      implements Measurement {}

  /**
   * Memory did not suffice for a pass, which is tried again smaller: nothing of the branch is lost.
   *
   * @param what there was too much of: {@code rows_per_branch} or {@code branches_per_pass} in
   *     training, {@code tokens_per_pass_of_loss} or {@code tokens_per_pass_of_answers} in
   *     evaluation
   * @param tried how many there were, ≥ 2
   * @param next how many there are from here on, ≥ 1
   */
  record OutOfMemory(String what, double tried, double next) implements Measurement {
    public static final String ROWS = "rows_per_branch";
    public static final String BRANCHES = "branches_per_pass";
    public static final String TOKENS_OF_LOSS = "tokens_per_pass_of_loss";
    public static final String TOKENS_OF_ANSWERS = "tokens_per_pass_of_answers";
  }
}
