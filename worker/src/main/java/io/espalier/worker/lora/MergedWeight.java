package io.espalier.worker.lora;

import io.espalier.worker.model.TensorChange;
import io.espalier.worker.model.TensorRows;
import java.io.IOException;
import java.util.Optional;

/**
 * A module's weight with its adapter added in: W + scale·B·A, computed in float64. With DoRA (Liu
 * et al. 2024) each output's weights then get the length that its magnitude says.
 */
final class MergedWeight implements TensorChange {
  private final double[][] left;
  private final double[][] right;
  private final Optional<double[]> magnitudes;
  private final boolean transposed;
  private double[] stretch = {};

  /**
   * @param a [rank, in]
   * @param b [out, rank]
   * @param magnitudes [out], with DoRA
   * @param transposed whether W is stored as [in, out]
   */
  MergedWeight(
      double[][] a, double[][] b, double scale, Optional<double[]> magnitudes, boolean transposed) {
    left = transposed ? turned(a) : b;
    right = scaled(transposed ? turned(b) : a, scale);
    this.magnitudes = magnitudes;
    this.transposed = transposed;
  }

  /** Where an output's weights are a column, its length is known after the last row only. */
  @Override
  public void look(TensorRows rows) throws IOException {
    if (!transposed || magnitudes.isEmpty()) {
      return;
    }
    double[] squares = new double[rows.width()];
    rows.forEach(
        (row, values) -> {
          add(row, values);
          for (int column = 0; column < values.length; column++) {
            squares[column] += values[column] * values[column];
          }
        });
    stretch = magnitudes.get().clone();
    for (int column = 0; column < stretch.length; column++) {
      stretch[column] /= Math.sqrt(squares[column]);
    }
  }

  @Override
  public void apply(int row, double[] values) {
    add(row, values);
    if (magnitudes.isEmpty()) {
      return;
    }
    double factor = transposed ? 1 : magnitudes.get()[row] / length(values);
    for (int column = 0; column < values.length; column++) {
      values[column] *= transposed ? stretch[column] : factor;
    }
  }

  private void add(int row, double[] values) {
    for (int rank = 0; rank < right.length; rank++) {
      double factor = left[row][rank];
      double[] along = right[rank];
      for (int column = 0; column < values.length; column++) {
        values[column] += factor * along[column];
      }
    }
  }

  private static double length(double[] values) {
    double squares = 0;
    for (double value : values) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }

  private static double[][] scaled(double[][] matrix, double scale) {
    double[][] scaled = new double[matrix.length][];
    for (int row = 0; row < scaled.length; row++) {
      scaled[row] = matrix[row].clone();
      for (int column = 0; column < scaled[row].length; column++) {
        scaled[row][column] *= scale;
      }
    }
    return scaled;
  }

  private static double[][] turned(double[][] matrix) {
    double[][] turned = new double[matrix[0].length][matrix.length];
    for (int row = 0; row < matrix.length; row++) {
      for (int column = 0; column < turned.length; column++) {
        turned[column][row] = matrix[row][column];
      }
    }
    return turned;
  }
}
