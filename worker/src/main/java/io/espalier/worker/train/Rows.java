package io.espalier.worker.train;

import io.espalier.common.UserError;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.Question;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.ModelConfig;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Whether a model can read the rows and be measured as a spec asks: on a GPU a token outside the
 * vocabulary ends the process.
 */
public final class Rows {
  private static final Set<Metric> OF_CLASSES = Set.of(Metric.LOSS, Metric.ACCURACY);
  private final ModelConfig model;
  private final OptionalInt longest;

  private Rows(ModelConfig model) {
    this.model = model;
    longest = model.longestRow();
  }

  /**
   * @throws UserError naming the set and the row, or the metric, and what the model could do
   */
  public static void check(TokenizedDataset data, EvaluationSpec evaluation, ModelConfig model) {
    var rows = new Rows(model);
    rows.check("train", data.train());
    for (EvaluationSet set : data.evaluation()) {
      rows.check(set.name(), set.rows());
      rows.check(set.questions(), evaluation);
    }
    if (model.classes() > 0) {
      rows.check(evaluation.metrics());
    }
  }

  private void check(String set, List<TokenRow> rows) {
    for (int i = 0; i < rows.size(); i++) {
      TokenRow row = rows.get(i);
      String where = "dataset: row %d of %s".formatted(i + 1, set);
      if (longest.isPresent() && row.length() > longest.getAsInt()) {
        throw new UserError(
            "%s has %d tokens, but this %s model is computed exactly up to %d: set max_length to that or less"
                .formatted(where, row.length(), model.modelType(), longest.getAsInt()));
      }
      checkTarget(where, row);
      for (int token : row.inputIds()) {
        if (token < 0 || token >= model.vocabulary()) {
          throw new UserError(
              "%s holds token %d, but the model knows 0 to %d: was it tokenized for another model?"
                  .formatted(where, token, model.vocabulary() - 1));
        }
      }
    }
  }

  private void checkTarget(String where, TokenRow row) {
    int classes = model.classes();
    if (classes == 0 && row.category().isPresent()) {
      throw new UserError(
          "%s has a class as its label, but this %s model predicts tokens: give a model for sequence classification, or rows of text"
              .formatted(where, model.modelType()));
    }
    if (classes > 0 && row.category().isEmpty()) {
      throw new UserError(
          "%s has no class, but this %s model puts rows in classes: give rows with a label from 0 to %d"
              .formatted(where, model.modelType(), classes - 1));
    }
    if (classes > 0 && row.category().getAsInt() >= classes) {
      throw new UserError(
          "%s has label %d, but the model has classes 0 to %d: see id2label in its config.json"
              .formatted(where, row.category().getAsInt(), classes - 1));
    }
  }

  /** Learned places end; no answer may go beyond them. */
  private void check(List<Question> questions, EvaluationSpec evaluation) {
    int prompt = questions.stream().mapToInt(one -> one.promptIds().length).max().orElse(0);
    boolean answers = evaluation.metrics().stream().anyMatch(Metric::ofAnswers);
    if (answers && longest.isPresent() && prompt + evaluation.maxNewTokens() > longest.getAsInt()) {
      throw new UserError(
          "evaluation.max_new_tokens: a prompt of %d tokens and an answer of %d are more than the %d that this %s model is computed exactly for: lower it, or set training.max_length lower"
              .formatted(prompt, evaluation.maxNewTokens(), longest.getAsInt(), model.modelType()));
    }
  }

  private void check(Set<Metric> metrics) {
    if (metrics.equals(EvaluationSpec.STANDARD)) {
      return;
    }
    for (Metric metric : metrics) {
      if (!OF_CLASSES.contains(metric)) {
        throw new UserError(
            "evaluation.metrics: %s is of generated text, but this %s model puts rows in classes; supported are loss and accuracy"
                .formatted(metric.word(), model.modelType()));
      }
    }
  }
}
