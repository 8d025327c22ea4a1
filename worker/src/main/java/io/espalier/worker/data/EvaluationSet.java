package io.espalier.worker.data;

import java.util.List;

/**
 * Rows to evaluate on.
 *
 * @param name {@code eval} or {@code retention}
 * @param rows tokenized whole, for the loss
 * @param questions for generation; empty when the rows came tokenized
 */
public record EvaluationSet(String name, List<TokenRow> rows, List<Question> questions) {
  public EvaluationSet {
    rows = List.copyOf(rows);
    questions = List.copyOf(questions);
  }

  /** A set of its first questions alone. */
  public EvaluationSet firstQuestions(int count) {
    return new EvaluationSet(
        name, List.of(), questions.subList(0, Math.min(count, questions.size())));
  }

  /** The questions' tokens. */
  public List<int[]> prompts() {
    return questions.stream().map(Question::promptIds).toList();
  }

  /** Whether its rows are classified as a whole. */
  public boolean classified() {
    return rows.stream().anyMatch(row -> row.category().isPresent());
  }
}
