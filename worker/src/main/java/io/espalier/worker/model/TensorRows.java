package io.espalier.worker.model;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * A tensor's numbers as its file has them, one row in memory at a time. A tensor of one dimension
 * is one row.
 */
public final class TensorRows {
  /** Bytes read at once, where a row is not longer. */
  private static final int BLOCK = 1 << 20;

  private final StoredTensor tensor;
  private final FileChannel file;
  private final int count;
  private final int width;

  /**
   * @param file the tensor's, which the caller closes
   */
  TensorRows(StoredTensor tensor, FileChannel file) {
    long[] shape = tensor.shape();
    this.tensor = tensor;
    this.file = file;
    width = Math.toIntExact(shape[shape.length - 1]);
    count = shape.length == 1 ? 1 : Math.toIntExact(shape[0]);
  }

  /** Is given the rows of a tensor. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param row from 0
     * @param values the visitor's until it returns
     */
    void visit(int row, double[] values) throws IOException;
  }

  /** Numbers of a row. */
  public int width() {
    return width;
  }

  /** Goes through all rows in their order. */
  public void forEach(Visitor visitor) throws IOException {
    StoredType type = tensor.type();
    int rowBytes = Math.multiplyExact(width, type.bytes);
    int step = Math.max(1, BLOCK / rowBytes);
    ByteBuffer block =
        ByteBuffer.allocate(Math.multiplyExact(Math.min(step, count), rowBytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[width];
    for (int row = 0; row < count; row++) {
      if (row % step == 0) {
        block.clear().limit(Math.min(step, count - row) * rowBytes);
        read(block, tensor.offset() + (long) row * rowBytes);
      }
      for (int column = 0; column < width; column++) {
        values[column] = type.get(block, row % step * rowBytes + column * type.bytes);
      }
      visitor.visit(row, values);
    }
  }

  private void read(ByteBuffer block, long from) throws IOException {
    while (block.hasRemaining()) {
      if (file.read(block, from + block.position()) < 0) {
        throw new EOFException("%s ends within %s".formatted(tensor.file(), tensor.name()));
      }
    }
  }
}
