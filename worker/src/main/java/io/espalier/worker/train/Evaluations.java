package io.espalier.worker.train;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.trial.Sample;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.evaluate.RowValues;
import io.espalier.worker.evaluate.SetEvaluation;
import io.espalier.worker.evaluate.SetEvaluator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Measures all evaluation sets of a branch.
 *
 * @param objective the metric that trials are ranked by
 */
record Evaluations(SetEvaluation evaluation, List<EvaluationSet> sets, Optional<String> objective) {

  /**
   * What was measured.
   *
   * @param metrics by {@code <set>_<metric>}
   * @param objective what it is the mean of, where it was measured and is one
   * @param samples some of the answers that were generated for it
   */
  record Found(Map<String, Double> metrics, Optional<RowValues> objective, List<Sample> samples) {
    Found {
      samples = List.copyOf(samples);
      metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
    }

    Found plus(Found more) {
      var all = new TreeMap<>(metrics);
      all.putAll(more.metrics);
      return new Found(
          all, more.objective.or(() -> objective), more.samples.isEmpty() ? samples : more.samples);
    }
  }

  /**
   * What a branch will have measured after an update, as far as that is known before.
   *
   * @param scores whether rows go through the model
   * @param answers whether answers are generated
   */
  record Wish(Evaluations evaluations, boolean scores, boolean answers) {
    /** Whether a set is measured in the same way for both. */
    boolean sharesWith(Wish other, EvaluationSet set) {
      SetEvaluation mine = evaluations.evaluation;
      SetEvaluation theirs = other.evaluations.evaluation;
      return evaluations.has(set)
          && other.evaluations.has(set)
          && mine.spec().equals(theirs.spec())
          && mine.endTokens().equals(theirs.endTokens());
    }
  }

  /** The very same set: equal ones of other files are not looked for, rows are many. */
  @SuppressWarnings("ReferenceEquality")
  private boolean has(EvaluationSet set) {
    return sets.stream().anyMatch(one -> one == set);
  }

  /** Where nothing is due. */
  Wish nothing() {
    return new Wish(this, false, false);
  }

  /**
   * Where an evaluation is due.
   *
   * @param ends whether a trial ends
   * @param best whether it may then be measured in an earlier state
   */
  Wish wish(boolean ends, boolean best) {
    EvaluationSpec spec = evaluation.spec();
    boolean closing = ends && !best;
    return new Wish(
        this,
        spec.everyEpoch() || closing,
        (spec.everyEpoch() && spec.answersEveryEpoch()) || closing);
  }

  /** What every epoch asks for. */
  Found atEpochEnd(SetEvaluator state, Consumer<Measurement> tell) {
    return measure(state, evaluation::atEpochEnd, tell);
  }

  /** What a trial's end asks for beyond that. */
  Found beyondEpochEnd(SetEvaluator state, Consumer<Measurement> tell) {
    return measure(state, evaluation::beyondEpochEnd, tell);
  }

  /** All that was asked for. */
  Found atTrialEnd(SetEvaluator state) {
    return measure(state, evaluation::atTrialEnd, value -> {});
  }

  /** What is answered to the first questions of each set. */
  List<Sample> samples(SetEvaluator state) {
    return sets.stream().flatMap(set -> evaluation.samples(state, set).stream()).toList();
  }

  private Found measure(
      SetEvaluator state,
      BiFunction<SetEvaluator, EvaluationSet, List<SetEvaluation.Measured>> part,
      Consumer<Measurement> tell) {
    var metrics = new TreeMap<String, Double>();
    Optional<RowValues> rows = Optional.empty();
    var samples = new ArrayList<Sample>();
    for (EvaluationSet set : sets) {
      List<Sample> ofSet = List.of();
      for (SetEvaluation.Measured value : part.apply(state, set)) {
        Measurement.Evaluation metric = value.metric();
        tell.accept(metric);
        metrics.put(metric.name(), metric.value());
        if (objective.equals(Optional.of(metric.name()))) {
          rows = value.byRow().get();
        }
        ofSet = ofSet.isEmpty() ? value.samples().get() : ofSet;
      }
      samples.addAll(ofSet);
    }
    return new Found(metrics, rows, samples);
  }
}
