package io.espalier.worker.data;

import io.espalier.common.protocol.DatasetSummary;
import java.util.List;

/**
 * A sweep's data, tokenized.
 *
 * @param train in file order, the eval rows taken out
 * @param evaluation the sets there are: eval, retention
 */
public record TokenizedDataset(
    List<TokenRow> train, List<EvaluationSet> evaluation, DatasetSummary summary) {
  public TokenizedDataset {
    train = List.copyOf(train);
    evaluation = List.copyOf(evaluation);
  }
}
