package io.espalier.worker.train;

import io.espalier.common.metrics.Measurement;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.evaluate.PassSizes;
import io.espalier.worker.evaluate.SetEvaluation;
import io.espalier.worker.evaluate.TrainedState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Measures all evaluation sets of a branch; values by {@code <set>_<metric>}. */
record Evaluations(SetEvaluation evaluation, List<EvaluationSet> sets, PassSizes sizes) {

  /** What every epoch asks for. */
  Map<String, Double> atEpochEnd(TrainedState state, Consumer<Measurement> tell) {
    return measure(state, evaluation::atEpochEnd, tell);
  }

  /** What a trial's end asks for beyond that. */
  Map<String, Double> beyondEpochEnd(TrainedState state, Consumer<Measurement> tell) {
    return measure(state, evaluation::beyondEpochEnd, tell);
  }

  /** All that was asked for. */
  Map<String, Double> atTrialEnd(TrainedState state) {
    return measure(state, evaluation::atTrialEnd, value -> {});
  }

  private Map<String, Double> measure(
      TrainedState state,
      BiFunction<Evaluator, EvaluationSet, List<Measurement.Evaluation>> part,
      Consumer<Measurement> tell) {
    var evaluator = new Evaluator(state, sizes);
    var metrics = new TreeMap<String, Double>();
    for (EvaluationSet set : sets) {
      for (Measurement.Evaluation value : part.apply(evaluator, set)) {
        tell.accept(value);
        metrics.put(value.name(), value.value());
      }
    }
    return metrics;
  }
}
