package io.espalier.examples.basemodel;

import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.evaluate.SetEvaluation;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.train.Pack;
import io.espalier.worker.train.Slot;
import io.espalier.worker.train.Trainable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Measures a model as it lies on the disk, with the engine's own generation. */
final class Examination {
  private Examination() {}

  /** Every metric of every set, by {@code <set>_<metric>}. */
  static Map<String, Double> of(
      BaseModel model, ChatTokenizer tokenizer, EvaluationSpec spec, List<EvaluationSet> sets) {
    Libtorch.prepareThread();
    var evaluation =
        new SetEvaluation(spec, model.config().endTokens(), tokenizer::decode, List.of());
    var figures = new TreeMap<String, Double>();
    try (Pack pack = untrained(model)) {
      var evaluator = new Evaluator(pack.state(0));
      for (EvaluationSet set : sets) {
        for (SetEvaluation.Measured figure : evaluation.atTrialEnd(evaluator, set)) {
          figures.put(figure.metric().name(), figure.metric().value());
        }
      }
    }
    return figures;
  }

  private static Pack untrained(BaseModel model) {
    return new Pack(
        model,
        List.of(
            Slot.fresh(
                Hyperparameters.of(Map.of()).training(),
                new Trainable.AllWeights(model.layout(), model.config()),
                new float[0])));
  }
}
