package io.espalier.worker.evaluate;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.trial.Sample;
import io.espalier.worker.data.Question;
import java.util.List;
import java.util.Optional;

/**
 * What was generated to a question.
 *
 * @param prompt text of the question as the model saw it
 * @param tokens of the answer, without the one that ended it
 * @param text of the tokens
 * @param cutOff whether it would have gone on
 * @param learnt whether it is an answer of the training rows, word for word
 */
record GivenAnswer(
    Question question, String prompt, int[] tokens, String text, boolean cutOff, boolean learnt) {

  /**
   * A metric of generated answers; its definition stands at {@link Metric} and at the method that
   * computes it.
   *
   * @param answers at least one
   */
  static double measure(Metric metric, List<GivenAnswer> answers) {
    return switch (metric) {
      case DISTINCT_1 -> Repetition.distinct(1, texts(answers));
      case DISTINCT_2 -> Repetition.distinct(2, texts(answers));
      default -> answers.stream().mapToDouble(one -> one.value(metric)).average().orElseThrow();
    };
  }

  /** Each answer's part in a metric that is a mean over them; empty for one that is not. */
  static Optional<RowValues> byRow(Metric metric, List<GivenAnswer> answers) {
    return switch (metric) {
      case DISTINCT_1, DISTINCT_2 -> Optional.empty();
      default ->
          Optional.of(
              new RowValues(
                  answers.stream().map(one -> new RowValues.Row(one.value(metric), 1)).toList()));
    };
  }

  Sample sample(String set) {
    return new Sample(set, prompt, question.reference(), text);
  }

  private double value(Metric metric) {
    return switch (metric) {
      case ACCURACY -> one(Correctness.holds(question, text));
      case EXACT_MATCH -> one(Correctness.isReference(question, text));
      case BLEU_4 -> Overlap.bleu4(question.reference(), text);
      case ROUGE_L -> Overlap.rougeL(question.reference(), text);
      case REPETITION -> Repetition.seqRep4(tokens);
      case UNSUPPORTED_RATE -> one(Support.isMissing(prompt, question.reference(), text));
      case LENGTH_LIMIT_RATE -> one(cutOff);
      case COPIED_RATE -> one(learnt && !Correctness.isReference(question, text));
      case LOOP_RATE -> one(Repetition.endsInLoop(tokens));
      case DISTINCT_1, DISTINCT_2, LOSS, TOKEN_ACCURACY ->
          throw new IllegalArgumentException(metric + " is not measured on an answer");
    };
  }

  private static double one(boolean holds) {
    return holds ? 1 : 0;
  }

  private static List<String> texts(List<GivenAnswer> answers) {
    return answers.stream().map(GivenAnswer::text).toList();
  }
}
