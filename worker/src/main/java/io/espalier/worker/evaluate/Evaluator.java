package io.espalier.worker.evaluate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.espalier.common.metrics.Measurement;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.PaddedRows;
import io.espalier.worker.data.TokenRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures trained states. Rows are passed through the model by ascending length, so little is
 * spent on padding; every row is computed as it would be alone. Several slots go through it
 * together.
 */
public class Evaluator implements SetEvaluator {
  private final TrainedState state;
  private final PassSizes sizes;
  private final Consumer<Measurement.OutOfMemory> tell;

  public Evaluator(TrainedState state) {
    this(state, new PassSizes(state.flat().getDevice().isGpu()), smaller -> {});
  }

  /**
   * @param sizes those of the thread
   * @param tell is told of each pass that has to be smaller as memory ran out
   */
  public Evaluator(TrainedState state, PassSizes sizes, Consumer<Measurement.OutOfMemory> tell) {
    this.state = state;
    this.sizes = sizes;
    this.tell = tell;
  }

  /**
   * How well the target tokens of some rows are predicted, or the classes of rows that are
   * classified.
   *
   * @param rows those that have targets, in the order in which they went through the model
   */
  public record Score(List<Row> rows) {
    public Score {
      rows = List.copyOf(rows);
    }

    /**
     * Sums over a row's targets.
     *
     * @param hits targets that were the likeliest
     */
    public record Row(int targets, double loss, double hits) {}

    public long targets() {
      return rows.stream().mapToLong(Row::targets).sum();
    }

    double lossSum() {
      return rows.stream().mapToDouble(Row::loss).sum();
    }

    /** Token mean; NaN when there is no target token. */
    public double loss() {
      return lossSum() / targets();
    }

    /** Share of target tokens predicted from what stands before them. */
    public double tokenAccuracy() {
      return rows.stream().mapToDouble(Row::hits).sum() / targets();
    }

    RowValues losses() {
      return values(Row::loss);
    }

    RowValues hits() {
      return values(Row::hits);
    }

    private RowValues values(ToDoubleFunction<Row> sum) {
      return new RowValues(
          rows.stream()
              .map(row -> new RowValues.Row(sum.applyAsDouble(row), row.targets()))
              .toList());
    }

    Score plus(Score other) {
      return new Score(Stream.concat(rows.stream(), other.rows.stream()).toList());
    }
  }

  /** Loss and token accuracy of all rows together, of the first slot. */
  public Score score(List<TokenRow> rows) {
    return scores(rows).get(0);
  }

  @Override
  public Score score(EvaluationSet set) {
    return score(set.rows());
  }

  /** The same of each slot. */
  public List<Score> scores(List<TokenRow> rows) {
    List<TokenRow> scored = rows.stream().filter(row -> row.targets() > 0).toList();
    int slots = state.slots().size();
    List<List<Score.Row>> scores =
        IntStream.range(0, slots).<List<Score.Row>>mapToObj(slot -> new ArrayList<>()).toList();
    sizes
        .losses()
        .each(
            scored,
            TokenRow::length,
            slots,
            part -> {
              List<Score> made = scoreOnePass(part);
              for (int i = 0; i < made.size(); i++) {
                scores.get(part.from() + i).addAll(made.get(i).rows());
              }
            },
            tell);
    return scores.stream().map(Score::new).toList();
  }

  List<Score> scoreOnePass(PassSizes.Part<TokenRow> part) {
    PaddedRows padded = PaddedRows.of(part.items());
    try (NDManager scope = state.model().newScope()) {
      int targets = padded.targets().length;
      double[] each =
          state
              .of(state.slots().subList(part.from(), part.to()))
              .call(
                  scope,
                  "evaluate",
                  scope.create(padded.ids(), new Shape(padded.count(), padded.length())),
                  scope.create(padded.targets(), new Shape(targets)),
                  scope.create(padded.labels(), new Shape(targets)))
              .head()
              .toDoubleArray();
      int slots = part.to() - part.from();
      return IntStream.range(0, slots)
          .mapToObj(slot -> score(padded, each, slot * targets, (slots + slot) * targets))
          .toList();
    }
  }

  /**
   * @param each of each target
   * @param losses where a slot's begin
   * @param hits likewise
   */
  private static Score score(PaddedRows padded, double[] each, int losses, int hits) {
    double[] loss = new double[padded.count()];
    double[] hit = new double[padded.count()];
    int[] targets = new int[padded.count()];
    for (int target = 0; target < padded.targets().length; target++) {
      int row = padded.rowOf(target);
      loss[row] += each[losses + target];
      hit[row] += each[hits + target];
      targets[row]++;
    }
    return new Score(
        IntStream.range(0, padded.count())
            .mapToObj(row -> new Score.Row(targets[row], loss[row], hit[row]))
            .toList());
  }

  /**
   * The logits of every token of one row by the first slot: [tokens × vocabulary]; of one
   * classified: [classes].
   */
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
          .of(state.slots().subList(0, 1))
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
   * The likeliest answer of the first slot to each prompt, in the prompts' order, without the token
   * that ended it.
   *
   * @param endTokens what ends an answer
   * @param maxNewTokens where an answer is cut off, ≥ 1
   */
  public List<int[]> answer(List<int[]> prompts, List<Integer> endTokens, int maxNewTokens) {
    return answers(prompts, endTokens, maxNewTokens).get(0);
  }

  @Override
  public List<int[]> answer(EvaluationSet set, List<Integer> endTokens, int maxNewTokens) {
    return answer(set.prompts(), endTokens, maxNewTokens);
  }

  /** The same of each slot. */
  public List<List<int[]>> answers(List<int[]> prompts, List<Integer> endTokens, int maxNewTokens) {
    List<Integer> places = IntStream.range(0, prompts.size()).boxed().toList();
    int slots = state.slots().size();
    int[][][] answers = new int[slots][prompts.size()][];
    sizes
        .answers()
        .each(
            places,
            i -> prompts.get(i).length + maxNewTokens,
            slots,
            part -> {
              List<List<int[]>> made =
                  answerOnePass(
                      part.from(),
                      part.to(),
                      part.items().stream().map(prompts::get).toList(),
                      endTokens,
                      maxNewTokens);
              for (int slot = part.from(); slot < part.to(); slot++) {
                for (int i = 0; i < part.items().size(); i++) {
                  answers[slot][part.items().get(i)] = made.get(slot - part.from()).get(i);
                }
              }
            },
            tell);
    return Stream.of(answers).map(List::of).toList();
  }

  List<List<int[]>> answerOnePass(
      int from, int to, List<int[]> prompts, List<Integer> endTokens, int maxNewTokens) {
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
              .of(state.slots().subList(from, to))
              .call(
                  scope,
                  "generate",
                  scope.create(ids, new Shape(prompts.size(), length)),
                  scope.create(lengths, new Shape(lengths.length)),
                  scope.create(ends.length == 0 ? new long[] {-1} : ends),
                  scope.create(new long[] {maxNewTokens}))
              .head()
              .toLongArray();
      var answers = new ArrayList<List<int[]>>();
      for (int slot = 0; slot < to - from; slot++) {
        var ofSlot = new ArrayList<int[]>();
        for (int row = 0; row < prompts.size(); row++) {
          int start = (slot * prompts.size() + row) * maxNewTokens;
          ofSlot.add(untilEnd(tokens, start, maxNewTokens));
        }
        answers.add(ofSlot);
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
