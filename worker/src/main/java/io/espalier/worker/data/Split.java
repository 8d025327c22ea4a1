package io.espalier.worker.data;

import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows parted into training and evaluation, both in file order.
 *
 * @param train at least one
 * @param eval at least one
 */
record Split<T>(List<T> train, List<T> eval) {

  /**
   * Takes round(fraction × rows) for evaluation; which ones is a pure function of (rows, seed).
   *
   * @param fraction between 0 and 1, both excluded
   * @throws UserError when there are fewer than two rows
   */
  static <T> Split<T> of(List<T> rows, double fraction, long seed) {
    if (rows.size() < 2) {
      throw new UserError(
          "dataset.eval: %s of %d row leaves nothing to train or to evaluate on; give an eval file"
              .formatted(fraction, rows.size()));
    }
    long wanted = Math.round(fraction * rows.size());
    int count = (int) Math.max(1, Math.min(rows.size() - 1, wanted));
    int[] chosen = Arrays.copyOf(RowOrder.shuffled(rows.size(), seed, RowOrder.SPLIT), count);
    boolean[] isEval = new boolean[rows.size()];
    for (int row : chosen) {
      isEval[row] = true;
    }
    var train = new ArrayList<T>();
    var eval = new ArrayList<T>();
    for (int i = 0; i < isEval.length; i++) {
      (isEval[i] ? eval : train).add(rows.get(i));
    }
    return new Split<>(train, eval);
  }
}
