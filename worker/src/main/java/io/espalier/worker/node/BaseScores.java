package io.espalier.worker.node;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.evaluate.TrainedState;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What training begins with, measured once for all trials: guards, diagnoses and constraints hold
 * what comes of it against that.
 */
final class BaseScores {
  /** So many training rows say it well enough; where they are long, fewer do. */
  private static final int MOST_ROWS = 64;

  private static final int LEAST_ROWS = 8;
  private static final int TOKENS = 16_384;

  private BaseScores() {}

  /**
   * The loss of training rows that are spread evenly over all, loss and token accuracy of each set.
   *
   * @param adapter that training starts from
   * @return empty for a model that classifies, whose head is new; without what is not finite
   */
  static Map<String, Double> of(
      BaseModel model, Optional<PeftFormat.Adapter> adapter, TokenizedDataset data) {
    var scores = new TreeMap<String, Double>();
    if (model.config().classes() > 0) {
      return scores;
    }
    try (NDManager scope = model.newScope()) {
      var evaluator = new Evaluator(TrainedState.of(scope, model, adapter));
      scores.put("train_loss", evaluator.score(some(data.train())).loss());
      for (EvaluationSet set : data.evaluation()) {
        Evaluator.Score score = evaluator.score(set);
        scores.put(set.name() + "_loss", score.loss());
        scores.put(set.name() + "_token_accuracy", score.tokenAccuracy());
      }
    }
    scores.values().removeIf(value -> !Double.isFinite(value));
    return scores;
  }

  private static List<TokenRow> some(List<TokenRow> rows) {
    double length = rows.stream().mapToInt(TokenRow::length).average().orElse(1);
    int enough = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, (int) (TOKENS / length)));
    int count = Math.min(enough, rows.size());
    return IntStream.range(0, count)
        .mapToObj(at -> rows.get((int) ((long) at * rows.size() / count)))
        .toList();
  }
}
