package io.espalier.worker.data;

import io.espalier.common.protocol.DatasetSummary;
import java.util.List;
import java.util.Set;

/**
 * A sweep's data, tokenized.
 *
 * @param train in file order, the eval rows taken out
 * @param evaluation the sets there are: eval, retention
 * @param endTokens what ends an answer by tokenizer and chat template; empty without a tokenizer
 */
public record TokenizedDataset(
    List<TokenRow> train,
    List<EvaluationSet> evaluation,
    Set<Integer> endTokens,
    DatasetSummary summary) {
  public TokenizedDataset {
    train = List.copyOf(train);
    evaluation = List.copyOf(evaluation);
    endTokens = Set.copyOf(endTokens);
  }
}
