package io.espalier.worker.evaluate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.data.PaddedRows;
import io.espalier.worker.data.TokenRow;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Measures a trained state. Rows are passed through the model by ascending length, so little is
 * spent on padding; every row is computed as it would be alone.
 */
public class Evaluator {
  private final TrainedState state;
  private final PassSizes sizes;

  public Evaluator(TrainedState state) {
    this(state, new PassSizes(smaller -> {}));
  }

  public Evaluator(TrainedState state, PassSizes sizes) {
    this.state = state;
    this.sizes = sizes;
  }

  /**
   * Sums over the target tokens of some rows, or over rows that are classified.
   *
   * @param hits targets that were the likeliest
   */
  public record Score(long targets, double lossSum, double hits) {
    /** Token mean; NaN when there is no target token. */
    public double loss() {
      return lossSum / targets;
    }

    /** Share of target tokens predicted from what stands before them. */
    public double tokenAccuracy() {
      return hits / targets;
    }

    Score plus(Score other) {
      return new Score(targets + other.targets, lossSum + other.lossSum, hits + other.hits);
    }
  }

  /** Loss and token accuracy of all rows together. */
  public Score score(List<TokenRow> rows) {
    List<TokenRow> scored = rows.stream().filter(row -> row.targets() > 0).toList();
    var scores = new ArrayList<Score>();
    sizes.losses().each(scored, TokenRow::length, pass -> scores.add(scoreOnePass(pass)));
    return scores.stream().reduce(new Score(0, 0, 0), Score::plus);
  }

  Score scoreOnePass(List<TokenRow> rows) {
    PaddedRows padded = PaddedRows.of(rows);
    try (NDManager scope = state.model().newScope()) {
      int targets = padded.targets().length;
      double[] sums =
          state
              .call(
                  scope,
                  "evaluate",
                  scope.create(padded.ids(), new Shape(padded.count(), padded.length())),
                  scope.create(padded.targets(), new Shape(targets)),
                  scope.create(padded.labels(), new Shape(targets)))
              .head()
              .toDoubleArray();
      return new Score(targets, sums[0], sums[1]);
    }
  }

  /** The logits of every token of one row: [tokens × vocabulary]; of one classified: [classes]. */
  float[] logits(TokenRow row) {
    int[] tokens = row.inputIds();
    long[] ids = new long[tokens.length];
    long[] places = new long[row.category().isPresent() ? 1 : tokens.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens[i];
    }
    for (int i = 0; i < places.length; i++) {
      places[i] = i;
    }
    try (NDManager scope = state.model().newScope()) {
      return state
          .call(
              scope,
              "predict",
              scope.create(ids, new Shape(1, ids.length)),
              scope.create(places, new Shape(places.length)))
          .head()
          .toFloatArray();
    }
  }

  /**
   * The likeliest answer to each prompt, in the prompts' order, without the token that ended it.
   *
   * @param endTokens what ends an answer
   * @param maxNewTokens where an answer is cut off, ≥ 1
   */
  public List<int[]> answer(List<int[]> prompts, List<Integer> endTokens, int maxNewTokens) {
    List<Integer> places = IntStream.range(0, prompts.size()).boxed().toList();
    int[][] answers = new int[prompts.size()][];
    sizes
        .answers()
        .each(
            places,
            i -> prompts.get(i).length + maxNewTokens,
            pass -> {
              List<int[]> made =
                  answerOnePass(pass.stream().map(prompts::get).toList(), endTokens, maxNewTokens);
              for (int i = 0; i < pass.size(); i++) {
                answers[pass.get(i)] = made.get(i);
              }
            });
    return List.of(answers);
  }

  List<int[]> answerOnePass(List<int[]> prompts, List<Integer> endTokens, int maxNewTokens) {
    int length = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(1);
    long[] ids = new long[prompts.size() * length];
    long[] lengths = new long[prompts.size()];
    for (int row = 0; row < prompts.size(); row++) {
      int[] prompt = prompts.get(row);
      lengths[row] = prompt.length;
      for (int i = 0; i < prompt.length; i++) {
        ids[row * length + i] = prompt[i];
      }
    }
    long[] ends = endTokens.stream().mapToLong(Integer::longValue).toArray();
    try (NDManager scope = state.model().newScope()) {
      long[] tokens =
          state
              .call(
                  scope,
                  "generate",
                  scope.create(ids, new Shape(prompts.size(), length)),
                  scope.create(lengths, new Shape(lengths.length)),
                  scope.create(ends.length == 0 ? new long[] {-1} : ends),
                  scope.create(new long[] {maxNewTokens}))
              .head()
              .toLongArray();
      var answers = new ArrayList<int[]>();
      for (int row = 0; row < prompts.size(); row++) {
        answers.add(untilEnd(tokens, row * maxNewTokens, maxNewTokens));
      }
      return answers;
    }
  }

  private static int[] untilEnd(long[] tokens, int from, int room) {
    int length = 0;
    while (length < room && tokens[from + length] >= 0) {
      length++;
    }
    int[] answer = new int[length];
    for (int i = 0; i < length; i++) {
      answer[i] = (int) tokens[from + i];
    }
    return answer;
  }
}
