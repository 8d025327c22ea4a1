package io.espalier.worker.train;

import io.espalier.common.UserError;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.ModelConfig;
import java.util.List;
import java.util.OptionalInt;

/** Whether a model can read the rows: on a GPU a token outside the vocabulary ends the process. */
final class Rows {
  private Rows() {}

  static void check(TokenizedDataset data, ModelConfig model) {
    check("train", data.train(), model);
    for (EvaluationSet set : data.evaluation()) {
      check(set.name(), set.rows(), model);
    }
  }

  private static void check(String set, List<TokenRow> rows, ModelConfig model) {
    OptionalInt longest = model.longestRow();
    for (int row = 0; row < rows.size(); row++) {
      int length = rows.get(row).length();
      if (longest.isPresent() && length > longest.getAsInt()) {
        throw new UserError(
            "dataset: row %d of %s has %d tokens, but this %s model is computed exactly up to %d: set max_length to that or less"
                .formatted(row + 1, set, length, model.modelType(), longest.getAsInt()));
      }
      for (int token : rows.get(row).inputIds()) {
        if (token < 0 || token >= model.vocabulary()) {
          throw new UserError(
              "dataset: row %d of %s holds token %d, but the model knows 0 to %d: was it tokenized for another model?"
                  .formatted(row + 1, set, token, model.vocabulary() - 1));
        }
      }
    }
  }
}
