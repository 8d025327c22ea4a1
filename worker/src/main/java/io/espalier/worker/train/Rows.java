package io.espalier.worker.train;

import io.espalier.common.UserError;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.ModelConfig;
import java.util.List;

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
    for (int row = 0; row < rows.size(); row++) {
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
