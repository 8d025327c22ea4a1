package io.espalier.worker.lora;

import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.ModelCopy;
import io.espalier.worker.model.Projection;
import io.espalier.worker.model.TensorChange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A base model with an adapter added into its weights: a model that needs no adapter. */
public final class MergedModel {
  private final PeftFormat.Adapter adapter;
  private final ModelConfig config;
  private final ModelCopy copy;

  private MergedModel(Path base, PeftFormat.Adapter adapter) {
    this.adapter = adapter;
    config = adapter.layout().model();
    copy = ModelCopy.of(base, config);
  }

  /**
   * Writes it as a HuggingFace directory: the adapted tensors in the number formats that the base
   * has them in, everything else as the base's files have it.
   *
   * @param base HuggingFace directory of the model that the adapter was read for
   * @param directory is there, with nothing in it; its files are not flushed to the disk
   * @throws io.espalier.common.UserError naming file and tensor when the base lacks one, or when a
   *     sum is not finite in its number format
   */
  public static void write(Path base, PeftFormat.Adapter adapter, Path directory)
      throws IOException {
    MergedModel merged = new MergedModel(base, adapter);
    adapter.layout().matrices().forEach(merged::change);
    merged.copy.write(directory);
  }

  private void change(Matrix matrix) {
    String module = matrix.module().path();
    switch (matrix.side()) {
      case A -> addInto(module + ".weight", matrix);
      case HEAD -> replace(module + ".weight", matrix);
      case HEAD_BIAS -> replace(module + ".bias", matrix);
      case B, MAGNITUDE -> {
        // Go with A.
      }
    }
  }

  private void addInto(String name, Matrix a) {
    Projection module = a.module();
    Matrix b = find(module, Side.B).orElseThrow();
    boolean transposed = config.storesTransposed();
    copy.change(
        name,
        transposed
            ? new long[] {module.in(), module.out()}
            : new long[] {module.out(), module.in()},
        () ->
            new MergedWeight(
                rows(a),
                rows(b),
                adapter.layout().lora().scaleOf(module.path()),
                find(module, Side.MAGNITUDE).map(this::numbers),
                transposed));
  }

  private Optional<Matrix> find(Projection module, Side side) {
    return adapter.layout().matrices().stream()
        .filter(matrix -> matrix.module().equals(module) && matrix.side() == side)
        .findFirst();
  }

  private void replace(String name, Matrix matrix) {
    copy.change(name, matrix.shape(), () -> replacement(numbers(matrix)));
  }

  private static TensorChange replacement(double[] numbers) {
    return (row, values) ->
        System.arraycopy(numbers, row * values.length, values, 0, values.length);
  }

  private double[][] rows(Matrix matrix) {
    double[] numbers = numbers(matrix);
    double[][] rows = new double[matrix.rows()][matrix.columns()];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(numbers, row * matrix.columns(), rows[row], 0, matrix.columns());
    }
    return rows;
  }

  private double[] numbers(Matrix matrix) {
    double[] numbers = new double[Math.toIntExact(matrix.size())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = adapter.values()[Math.toIntExact(matrix.offset() + i)];
    }
    return numbers;
  }
}
