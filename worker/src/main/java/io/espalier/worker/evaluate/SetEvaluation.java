package io.espalier.worker.evaluate;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.Question;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/**
 * Measures evaluation sets as a spec asks.
 *
 * @param endTokens what ends an answer
 * @param decode tokens to text
 */
public record SetEvaluation(
    EvaluationSpec spec, List<Integer> endTokens, Function<int[], String> decode) {
  public SetEvaluation {
    endTokens = List.copyOf(endTokens);
  }

  /** The loss alone: what each epoch's end shows. Nothing for a set without target tokens. */
  public List<Measurement.Evaluation> loss(Evaluator evaluator, EvaluationSet set) {
    return measure(evaluator, set, Set.of(Metric.LOSS));
  }

  /**
   * Every metric asked for. Metrics of generated answers are left out where a set has no questions.
   */
  public List<Measurement.Evaluation> all(Evaluator evaluator, EvaluationSet set) {
    return measure(evaluator, set, spec.metrics());
  }

  private List<Measurement.Evaluation> measure(
      Evaluator evaluator, EvaluationSet set, Set<Metric> metrics) {
    var measured = new ArrayList<Measurement.Evaluation>();
    if (metrics.contains(Metric.LOSS) || metrics.contains(Metric.TOKEN_ACCURACY)) {
      Evaluator.Score score = evaluator.score(set.rows());
      if (score.targets() > 0) {
        add(measured, metrics, set, Metric.LOSS, score.loss());
        add(measured, metrics, set, Metric.TOKEN_ACCURACY, score.tokenAccuracy());
      }
    }
    boolean answers = metrics.contains(Metric.ACCURACY) || metrics.contains(Metric.REPETITION);
    if (answers && !set.questions().isEmpty()) {
      List<Question> questions = set.questions();
      List<int[]> given =
          evaluator.answer(
              questions.stream().map(Question::promptIds).toList(), endTokens, spec.maxNewTokens());
      int right = 0;
      double repetition = 0;
      for (int i = 0; i < given.size(); i++) {
        right += TextMetrics.right(questions.get(i), decode.apply(given.get(i))) ? 1 : 0;
        repetition += TextMetrics.repetition(given.get(i));
      }
      add(measured, metrics, set, Metric.ACCURACY, (double) right / given.size());
      add(measured, metrics, set, Metric.REPETITION, repetition / given.size());
    }
    return measured;
  }

  private static void add(
      List<Measurement.Evaluation> measured,
      Set<Metric> asked,
      EvaluationSet set,
      Metric metric,
      double value) {
    if (asked.contains(metric)) {
      measured.add(
          new Measurement.Evaluation(set.name(), metric.name().toLowerCase(Locale.ROOT), value));
    }
  }
}
