package io.espalier.worker.evaluate;

import io.espalier.common.metrics.Measurement;
import io.espalier.worker.model.OutOfMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * How much of an evaluation goes through the model at a time; less for good once memory ran out at
 * it. Belongs to one thread.
 */
public final class PassSizes {
  private final Kind losses;
  private final Kind answers;

  /**
   * @param tell is told of each pass that has to be smaller
   */
  public PassSizes(Consumer<Measurement.OutOfMemory> tell) {
    // Enough for full speed, little enough to fit nearly anywhere.
    losses =
        new Kind(Measurement.OutOfMemory.TOKENS_OF_LOSS, new Passes(1024, Integer.MAX_VALUE), tell);
    // Generation keeps keys and values of all tokens, the answers' too, but few activations.
    answers = new Kind(Measurement.OutOfMemory.TOKENS_OF_ANSWERS, new Passes(8192, 64), tell);
  }

  Kind losses() {
    return losses;
  }

  Kind answers() {
    return answers;
  }

  /** Passes that do the same. */
  static final class Kind {
    private final String what;
    private final Consumer<Measurement.OutOfMemory> tell;
    private Passes passes;

    Kind(String what, Passes passes, Consumer<Measurement.OutOfMemory> tell) {
      this.what = what;
      this.passes = passes;
      this.tell = tell;
    }

    /**
     * Does all items, each once, some at a time.
     *
     * @param pass leaves no trace of a pass that it throws out of
     * @throws RuntimeException of the pass, when that had but one item or broke otherwise
     */
    <T> void each(List<T> items, ToIntFunction<T> length, Consumer<List<T>> pass) {
      Deque<List<T>> left = new ArrayDeque<>(passes.of(items, length));
      while (!left.isEmpty()) {
        List<T> next = left.removeFirst();
        try {
          pass.accept(next);
        } catch (RuntimeException e) {
          if (next.size() == 1 || !OutOfMemory.is(e)) {
            throw e;
          }
          shrink(next.size() * next.stream().mapToInt(length).max().orElse(1));
          left.addFirst(next);
          List<T> again = new ArrayList<>();
          left.forEach(again::addAll);
          left = new ArrayDeque<>(passes.of(again, length));
        }
      }
    }

    private void shrink(int tried) {
      passes = new Passes(tried / 2, passes.most());
      tell.accept(new Measurement.OutOfMemory(what, tried, passes.tokens()));
    }
  }
}
