package io.espalier.worker.evaluate;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.trial.Sample;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.Question;
import io.espalier.worker.data.TokenRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Measures evaluation sets as a spec asks.
 *
 * @param endTokens what ends an answer
 * @param decode tokens to text
 * @param training what the model is trained on
 */
public record SetEvaluation(
    EvaluationSpec spec,
    List<Integer> endTokens,
    Function<int[], String> decode,
    List<TokenRow> training) {
  /** Answers of a set that are kept for people to read. */
  private static final int SAMPLES = 4;

  public SetEvaluation {
    endTokens = List.copyOf(endTokens);
  }

  /**
   * A metric of a set.
   *
   * @param byRow what it is the mean of; empty where it is none
   * @param samples some of the answers that were generated for it
   */
  public record Measured(
      Measurement.Evaluation metric,
      Supplier<Optional<RowValues>> byRow,
      Supplier<List<Sample>> samples) {}

  /** What the spec asks for at the end of an epoch where no trial ends; may be nothing. */
  public List<Measured> atEpochEnd(SetEvaluator evaluator, EvaluationSet set) {
    return measure(
        evaluator,
        set,
        spec.metrics().stream()
            .filter(metric -> spec.atEveryEpoch(metric) || readOff(metric, set))
            .collect(Collectors.toSet()));
  }

  /** A class costs no answer. */
  private boolean readOff(Metric metric, EvaluationSet set) {
    return set.classified() && spec.everyEpoch() && metric == Metric.ACCURACY;
  }

  /** What a trial's end asks for beyond {@link #atEpochEnd}. */
  public List<Measured> beyondEpochEnd(SetEvaluator evaluator, EvaluationSet set) {
    return measure(
        evaluator,
        set,
        spec.metrics().stream()
            .filter(metric -> !spec.atEveryEpoch(metric))
            .collect(Collectors.toSet()));
  }

  /**
   * Every metric asked for. The accuracy of rows that are classified is the share of rows put in
   * their class. Metrics of target tokens are left out where a set has none, those of generated
   * answers where it has no questions.
   */
  public List<Measured> atTrialEnd(SetEvaluator evaluator, EvaluationSet set) {
    return measure(evaluator, set, spec.metrics());
  }

  private List<Measured> measure(SetEvaluator evaluator, EvaluationSet set, Set<Metric> metrics) {
    var measured = new ArrayList<Measured>();
    Metric hits = set.classified() ? Metric.ACCURACY : Metric.TOKEN_ACCURACY;
    if (metrics.contains(Metric.LOSS) || metrics.contains(hits)) {
      Evaluator.Score score = evaluator.score(set);
      if (score.targets() > 0) {
        add(
            measured,
            metrics,
            set,
            Metric.LOSS,
            score.loss(),
            () -> Optional.of(score.losses()),
            List::of);
        add(
            measured,
            metrics,
            set,
            hits,
            score.tokenAccuracy(),
            () -> Optional.of(score.hits()),
            List::of);
      }
    }
    List<Metric> ofAnswers = metrics.stream().filter(Metric::ofAnswers).sorted().toList();
    if (!ofAnswers.isEmpty() && !set.questions().isEmpty()) {
      List<GivenAnswer> answers = answers(evaluator, set);
      ofAnswers.forEach(
          metric ->
              add(
                  measured,
                  metrics,
                  set,
                  metric,
                  GivenAnswer.measure(metric, answers),
                  () -> GivenAnswer.byRow(metric, answers),
                  () -> samples(set, answers)));
    }
    return measured;
  }

  /** What is answered to a set's first questions. */
  public List<Sample> samples(SetEvaluator evaluator, EvaluationSet set) {
    EvaluationSet first = set.firstQuestions(SAMPLES);
    return first.questions().isEmpty() ? List.of() : samples(first, answers(evaluator, first));
  }

  private static List<Sample> samples(EvaluationSet set, List<GivenAnswer> answers) {
    return answers.stream().limit(SAMPLES).map(answer -> answer.sample(set.name())).toList();
  }

  private List<GivenAnswer> answers(SetEvaluator evaluator, EvaluationSet set) {
    List<Question> questions = set.questions();
    List<int[]> generated = evaluator.answer(set, endTokens, spec.maxNewTokens());
    // Read off anew each time: kept, they would be as large as the data for each branch.
    TrainingAnswers learnt =
        TrainingAnswers.of(
            spec.metrics().contains(Metric.COPIED_RATE) ? training : List.of(), endTokens);
    var answers = new ArrayList<GivenAnswer>();
    for (int i = 0; i < generated.size(); i++) {
      int[] tokens = generated.get(i);
      answers.add(
          new GivenAnswer(
              questions.get(i),
              decode.apply(questions.get(i).promptIds()),
              tokens,
              decode.apply(tokens),
              tokens.length == spec.maxNewTokens(),
              learnt.has(tokens)));
    }
    return answers;
  }

  private static void add(
      List<Measured> measured,
      Set<Metric> asked,
      EvaluationSet set,
      Metric metric,
      double value,
      Supplier<Optional<RowValues>> byRow,
      Supplier<List<Sample>> samples) {
    if (asked.contains(metric)) {
      measured.add(
          new Measured(
              new Measurement.Evaluation(set.name(), metric.word(), value), byRow, samples));
    }
  }
}
