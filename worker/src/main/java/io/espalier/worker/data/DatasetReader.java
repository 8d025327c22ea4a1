package io.espalier.worker.data;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a sweep's data sets into tokens. */
public final class DatasetReader {
  private static final String EVAL = "eval";
  private static final String RETENTION = "retention";

  private final Optional<ChatTokenizer> tokenizer;
  private final ModelFingerprint model;

  /**
   * @param tokenizer of the base model; may be absent when all rows come tokenized. Not closed
   *     here.
   * @param model of the base model, for the summary and for checking ids
   */
  public DatasetReader(Optional<ChatTokenizer> tokenizer, ModelFingerprint model) {
    this.tokenizer = tokenizer;
    this.model = model;
  }

  /**
   * The sets that {@code settings} names. Of {@code training} only {@code maxLength} and {@code
   * truncationStrategy} matter. Equal files give equal data on every machine.
   *
   * @throws io.espalier.common.UserError when a file is missing, empty or has no row to use, and
   *     for the first broken row unless {@code skipBadSamples}
   */
  public TokenizedDataset read(TaskSettings settings, Training training) {
    DatasetSpec spec = settings.dataset();
    var tokens = new RowTokens(settings.model(), tokenizer, model, spec);
    var truncation = Truncation.of(training);
    var files = new RowFiles(tokens, truncation, spec);

    List<RowTokens.Prepared> trained = files.rows("train", spec.train());
    var sets = new ArrayList<EvaluationSet>();
    if (!spec.eval().isEmpty()) {
      sets.add(evaluationSet(EVAL, files.rows(EVAL, spec.eval()), tokens, truncation));
    } else if (spec.evalFraction().isPresent()) {
      var split = Split.of(trained, spec.evalFraction().getAsDouble(), spec.dataSeed());
      sets.add(evaluationSet(EVAL, split.eval(), tokens, truncation));
      trained = split.train();
    }
    if (!spec.retention().isEmpty()) {
      List<RowTokens.Prepared> retention = files.rows(RETENTION, spec.retention());
      sets.add(evaluationSet(RETENTION, retention, tokens, truncation));
    }
    List<TokenRow> rows = tokensOf(trained);
    List<Double> ranks = ranks(trained, spec);
    Set<Integer> endTokens = tokenizer.map(ChatTokenizer::eosIds).orElse(Set.of());
    return new TokenizedDataset(rows, ranks, sets, endTokens, summary(rows, ranks, sets, files));
  }

  private static EvaluationSet evaluationSet(
      String name, List<RowTokens.Prepared> rows, RowTokens tokens, Truncation truncation) {
    var questions = new ArrayList<Question>();
    for (RowTokens.Prepared row : rows) {
      row.dialogue().map(it -> tokens.question(it, truncation)).ifPresent(questions::add);
    }
    return new EvaluationSet(name, tokensOf(rows), questions);
  }

  private static List<Double> ranks(List<RowTokens.Prepared> rows, DatasetSpec spec) {
    return spec.curriculum().isEmpty()
        ? List.of()
        : rows.stream().map(row -> row.rank().orElse(row.tokens().length())).toList();
  }

  private static List<TokenRow> tokensOf(List<RowTokens.Prepared> rows) {
    return rows.stream().map(RowTokens.Prepared::tokens).toList();
  }

  private DatasetSummary summary(
      List<TokenRow> train, List<Double> ranks, List<EvaluationSet> sets, RowFiles files) {
    var digest = new Sha256();
    add(digest, "train", train);
    for (double rank : ranks) {
      digest.add(Double.doubleToLongBits(rank));
    }
    sets.forEach(set -> add(digest, set.name(), set.rows()));
    return new DatasetSummary(
        train.size(),
        samples(sets, EVAL),
        samples(sets, RETENTION),
        train.stream().mapToLong(TokenRow::length).sum(),
        train.stream().mapToLong(TokenRow::targets).sum(),
        train.stream().mapToInt(TokenRow::length).max().orElse(0),
        files.skipped(),
        model.parameters(),
        digest.hex(),
        model.sha256(),
        files.leftOut());
  }

  private static void add(Sha256 digest, String name, List<TokenRow> rows) {
    digest.add(name);
    digest.add(rows.size());
    for (TokenRow row : rows) {
      digest.add(row.inputIds());
      digest.add(row.labels());
      row.category().ifPresent(digest::add);
    }
  }

  private static long samples(List<EvaluationSet> sets, String name) {
    return sets.stream()
        .filter(set -> set.name().equals(name))
        .mapToLong(set -> set.rows().size())
        .sum();
  }
}
