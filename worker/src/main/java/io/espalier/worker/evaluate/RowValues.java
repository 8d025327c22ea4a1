package io.espalier.worker.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A metric that is a mean over rows, each with its weight; by row. */
public record RowValues(List<Row> rows) {
  /** So many give a standard deviation that is right to about a tenth. */
  private static final int DRAWS = 64;

  private static final long SEED = 42;

  public RowValues {
    rows = List.copyOf(rows);
  }

  /**
   * A row's part.
   *
   * @param sum over what is counted in it
   * @param weight how much that is
   */
  public record Row(double sum, double weight) {}

  /**
   * The metric of as many rows drawn with replacement, {@value #DRAWS} times (the bootstrap). The
   * draws depend on nothing but how many rows there are, so that those of two states differ by the
   * states alone.
   *
   * @return to seven digits, for every reader of a sweep gets them; empty when there are fewer than
   *     two rows
   */
  public List<Double> resampled() {
    if (rows.size() < 2) {
      return List.of();
    }
    var random = new SplittableRandom(SEED);
    var values = new ArrayList<Double>();
    for (int draw = 0; draw < DRAWS; draw++) {
      double sum = 0;
      double weight = 0;
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(random.nextInt(rows.size()));
        sum += row.sum();
        weight += row.weight();
      }
      values.add(Double.parseDouble(Float.toString((float) (sum / weight))));
    }
    return values;
  }
}
