package io.espalier.worker.evaluate;

import io.espalier.common.metrics.Measurement;
import io.espalier.worker.model.OutOfMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * How much of an evaluation goes through the model at a time; less for good once memory ran out at
 * it. Belongs to one thread.
 */
public final class PassSizes {
  /** Enough for a CPU's full speed, little enough to fit nearly anywhere. */
  private static final int TOKENS = 1024;

  /** A GPU is bound by launches below some thousands of tokens. */
  private static final int TOKENS_ON_GPU = 8192;

  private final Kind losses;
  private final Kind answers;

  /**
   * @param gpu whether passes are made on one
   */
  public PassSizes(boolean gpu) {
    losses =
        new Kind(
            Measurement.OutOfMemory.TOKENS_OF_LOSS,
            new Passes(gpu ? TOKENS_ON_GPU : TOKENS, Integer.MAX_VALUE));
    // Generation keeps keys and values of all tokens, the answers' too, but few activations.
    answers = new Kind(Measurement.OutOfMemory.TOKENS_OF_ANSWERS, new Passes(8192, 64));
  }

  Kind losses() {
    return losses;
  }

  Kind answers() {
    return answers;
  }

  /**
   * Some items that go through some slots in one pass.
   *
   * @param from the first slot
   * @param to the one behind the last
   */
  record Part<T>(List<T> items, int from, int to) {
    private int slots() {
      return to - from;
    }

    private int tokens(ToIntFunction<T> length) {
      return items.size() * slots() * items.stream().mapToInt(length).max().orElse(1);
    }

    private Stream<Part<T>> halved() {
      int half = slots() / 2;
      return Stream.of(new Part<>(items, from, from + half), new Part<>(items, from + half, to));
    }
  }

  /** Passes that do the same. */
  static final class Kind {
    private final String what;
    private Passes passes;

    Kind(String what, Passes passes) {
      this.what = what;
      this.passes = passes;
    }

    /**
     * Does all items in each of so many slots once, some at a time: fewer items where memory runs
     * out, then fewer slots.
     *
     * @param pass leaves no trace of a pass that it throws out of
     * @param tell is told of each pass that has to be smaller
     * @throws RuntimeException of the pass, when that had but one item and one slot or broke
     *     otherwise
     */
    <T> void each(
        List<T> items,
        ToIntFunction<T> length,
        int slots,
        Consumer<Part<T>> pass,
        Consumer<Measurement.OutOfMemory> tell) {
      Deque<Part<T>> left = new ArrayDeque<>(cut(new Part<>(items, 0, slots), length).toList());
      while (!left.isEmpty()) {
        Part<T> next = left.removeFirst();
        try {
          pass.accept(next);
        } catch (RuntimeException e) {
          if (!OutOfMemory.is(e) || (next.items().size() == 1 && next.slots() == 1)) {
            throw e;
          }
          tell.accept(shrink(next.tokens(length)));
          left.addFirst(next);
          left = new ArrayDeque<>(left.stream().flatMap(part -> cut(part, length)).toList());
        }
      }
    }

    /** Into passes that are small enough, or have but one item and one slot. */
    private <T> Stream<Part<T>> cut(Part<T> whole, ToIntFunction<T> length) {
      return passes.of(whole.items(), length, whole.slots()).stream()
          .map(items -> new Part<>(items, whole.from(), whole.to()))
          .flatMap(
              part ->
                  part.slots() > 1 && part.tokens(length) > passes.tokens()
                      ? part.halved().flatMap(half -> cut(half, length))
                      : Stream.of(part));
    }

    private Measurement.OutOfMemory shrink(int tried) {
      passes = new Passes(tried / 2, passes.most());
      return new Measurement.OutOfMemory(what, tried, passes.tokens());
    }
  }
}
