package io.espalier.worker.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * How items of unlike length go through the model: like ones together, so that little is spent on
 * padding.
 *
 * @param tokens of one pass, padding counted; an item longer than that is a pass by itself
 * @param most items of one pass
 */
record Passes(int tokens, int most) {

  /**
   * All items by ascending length, equal ones in their order, cut into passes.
   *
   * @param times how often each item is in its pass
   */
  <T> List<List<T>> of(List<T> items, ToIntFunction<T> length, int times) {
    List<T> byLength = items.stream().sorted(Comparator.comparingInt(length)).toList();
    var passes = new ArrayList<List<T>>();
    int from = 0;
    for (int to = 1; to <= byLength.size(); to++) {
      boolean full =
          to == byLength.size()
              || to - from == most
              || (to - from + 1L) * times * length.applyAsInt(byLength.get(to)) > tokens;
      if (full) {
        passes.add(byLength.subList(from, to));
        from = to;
      }
    }
    return passes;
  }
}
