package io.espalier.worker.data;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.DatasetSpec;
import java.util.List;
import java.util.Set;

/**
 * A sweep's data, tokenized.
 *
 * @param train in file order, the eval rows taken out
 * @param ranks what the spec's curriculum sorts them by, one for each; empty without a curriculum
 * @param evaluation the sets there are: eval, retention
 * @param endTokens what ends an answer by tokenizer and chat template; empty without a tokenizer
 */
public record TokenizedDataset(
    List<TokenRow> train,
    List<Double> ranks,
    List<EvaluationSet> evaluation,
    Set<Integer> endTokens,
    DatasetSummary summary) {
  public TokenizedDataset {
    train = List.copyOf(train);
    ranks = List.copyOf(ranks);
    evaluation = List.copyOf(evaluation);
    endTokens = Set.copyOf(endTokens);
  }

  /** Without a curriculum. */
  public TokenizedDataset(
      List<TokenRow> train,
      List<EvaluationSet> evaluation,
      Set<Integer> endTokens,
      DatasetSummary summary) {
    this(train, List.of(), evaluation, endTokens, summary);
  }

  /** The order in which each epoch takes the training rows; {@code spec} is what was read. */
  public EpochRows epochs(DatasetSpec spec) {
    return new EpochRows(train.size(), ranks, spec.shuffle(), spec.dataSeed());
  }
}
