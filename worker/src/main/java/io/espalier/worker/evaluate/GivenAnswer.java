package io.espalier.worker.evaluate;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.worker.data.Question;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

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
      case ACCURACY -> share(answers, one -> Correctness.holds(one.question, one.text));
      case EXACT_MATCH -> share(answers, one -> Correctness.isReference(one.question, one.text));
      case BLEU_4 -> mean(answers, one -> Overlap.bleu4(one.question.reference(), one.text));
      case ROUGE_L -> mean(answers, one -> Overlap.rougeL(one.question.reference(), one.text));
      case REPETITION -> mean(answers, one -> Repetition.seqRep4(one.tokens));
      case DISTINCT_1 -> Repetition.distinct(1, texts(answers));
      case DISTINCT_2 -> Repetition.distinct(2, texts(answers));
      case UNSUPPORTED_RATE ->
          share(answers, one -> Support.isMissing(one.prompt, one.question.reference(), one.text));
      case LENGTH_LIMIT_RATE -> share(answers, GivenAnswer::cutOff);
      case COPIED_RATE ->
          share(answers, one -> one.learnt && !Correctness.isReference(one.question, one.text));
      case LOOP_RATE -> share(answers, one -> Repetition.endsInLoop(one.tokens));
      case LOSS, TOKEN_ACCURACY ->
          throw new IllegalArgumentException(metric + " is not measured on answers");
    };
  }

  private static double share(List<GivenAnswer> answers, Predicate<GivenAnswer> holds) {
    return mean(answers, one -> holds.test(one) ? 1 : 0);
  }

  private static double mean(List<GivenAnswer> answers, ToDoubleFunction<GivenAnswer> value) {
    return answers.stream().mapToDouble(value).average().orElseThrow();
  }

  private static List<String> texts(List<GivenAnswer> answers) {
    return answers.stream().map(GivenAnswer::text).toList();
  }
}
