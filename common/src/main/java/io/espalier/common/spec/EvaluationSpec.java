package io.espalier.common.spec;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * When and what is measured on the evaluation sets.
 *
 * @param everyEpoch at every epoch's end too, or every so many updates, not only at a trial's end
 * @param metrics computed at a trial's end; those of the model's own predictions also before it
 * @param answersEveryEpoch whether answers are generated, and their metrics computed, before it too
 * @param maxNewTokens how far a generated answer may go
 */
public record EvaluationSpec(
    boolean everyEpoch, Set<Metric> metrics, boolean answersEveryEpoch, int maxNewTokens) {
  /** What is measured where a spec does not say; a model leaves out what it cannot be asked. */
  public static final Set<Metric> STANDARD =
      Collections.unmodifiableSet(EnumSet.of(Metric.LOSS, Metric.ACCURACY, Metric.REPETITION));

  public EvaluationSpec {
    metrics = Collections.unmodifiableSet(new TreeSet<>(metrics));
  }

  /** Whether a metric is known at every epoch's end. */
  public boolean atEveryEpoch(Metric metric) {
    return everyEpoch && metrics.contains(metric) && (answersEveryEpoch || !metric.ofAnswers());
  }

  /**
   * What can be measured on a set. Loss and token accuracy look at the model's predictions of the
   * reference; all others at an answer that it generates greedily to each question. Text is cut
   * into tokens as {@code TextTokens} of the worker does: an ideograph or a kana is one, a word is
   * one.
   */
  public enum Metric {
    /** Token mean of the loss. */
    LOSS(Mode.MIN, false),
    /** Share of target tokens predicted when the answer so far is given. */
    TOKEN_ACCURACY(Mode.MAX, false),
    /**
     * Share of answers with every keyword; exact match where {@code replace} left the row alone.
     */
    ACCURACY(Mode.MAX, true),
    /** Share of answers that are the reference but for case, punctuation and spaces. */
    EXACT_MATCH(Mode.MAX, true),
    /** Mean sentence BLEU-4, 0 to 100, smoothed by method 3 of Chen and Cherry (2014). */
    BLEU_4(Mode.MAX, true),
    /** Mean ROUGE-L (Lin 2004), 0 to 1: F1 of the longest common subsequence. */
    ROUGE_L(Mode.MAX, true),
    /** seq-rep-4 (Welleck et al. 2019): 1 − unique ÷ total 4-grams of an answer, mean. */
    REPETITION(Mode.MIN, true),
    /** distinct-1 (Li et al. 2016): unique ÷ total tokens of all answers together. */
    DISTINCT_1(Mode.MAX, true),
    /** distinct-2: unique ÷ total pairs of neighbours. */
    DISTINCT_2(Mode.MAX, true),
    /** Share of answers with a number or a quoted name in neither question nor reference. */
    UNSUPPORTED_RATE(Mode.MIN, true),
    /** Share of answers cut off at {@code max_new_tokens}. */
    LENGTH_LIMIT_RATE(Mode.MIN, true),
    /** Share of answers that end in a phrase said three times over (Holtzman et al. 2019). */
    LOOP_RATE(Mode.MIN, true),
    /** Share of answers that are another training row's answer, word for word. */
    COPIED_RATE(Mode.MIN, true);

    private final Mode better;
    private final boolean ofAnswers;

    Metric(Mode better, boolean ofAnswers) {
      this.better = better;
      this.ofAnswers = ofAnswers;
    }

    /** Which way is better. */
    public Mode better() {
      return better;
    }

    /** Whether answers must be generated for it. */
    public boolean ofAnswers() {
      return ofAnswers;
    }

    /** As a specification has it: {@code token_accuracy}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The metric behind {@code <set>_<metric>}; empty for {@code train_loss} and unknown names. */
    public static Optional<Metric> ofSet(String name) {
      return Arrays.stream(values())
          .filter(
              metric ->
                  name.equals("eval_" + metric.word()) || name.equals("retention_" + metric.word()))
          .findFirst();
    }
  }
}
