package io.espalier.worker.model;

import java.io.IOException;

/** What a tensor's numbers become, row by row in the order of its file. */
@FunctionalInterface
public interface TensorChange {

  /**
   * Looks at the numbers as they are, before the first row is changed.
   *
   * @param rows can be gone through as often as needed
   */
  default void look(TensorRows rows) throws IOException {}

  /**
   * Changes one row in place; called once for each, in their order.
   *
   * @param row from 0
   * @param values in float64; what they become is rounded once, to the tensor's number format
   */
  void apply(int row, double[] values);
}
