package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.coordinator.metrics.MetricExport.TrialRow;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Metric rows of trials as Arrow columns: the trial, then those of {@link MetricRowCodec#SCHEMA}.
 */
final class RowTable implements AutoCloseable {
  /** Rows of one batch. */
  static final int BATCH_ROWS = 16_384;

  private static final Field TRIAL =
      new Field("trial", FieldType.notNullable(new ArrowType.Int(32, true)), List.of());

  static final Schema SCHEMA =
      new Schema(
          Stream.concat(Stream.of(TRIAL), MetricRowCodec.SCHEMA.getFields().stream()).toList());

  private final IntVector trials;
  private final VectorSchemaRoot stored;
  private final VectorSchemaRoot root;

  RowTable(BufferAllocator allocator) {
    trials = new IntVector(TRIAL, allocator);
    stored = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator);
    var vectors = new ArrayList<FieldVector>(List.of(trials));
    vectors.addAll(stored.getFieldVectors());
    root = new VectorSchemaRoot(SCHEMA, vectors, 0);
  }

  VectorSchemaRoot root() {
    return root;
  }

  /** Replaces what is in it. */
  void write(List<TrialRow> rows) {
    MetricRowCodec.write(rows.stream().map(TrialRow::row).toList(), stored);
    trials.allocateNew(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      trials.set(i, rows.get(i).trial().number());
    }
    root.setRowCount(rows.size());
  }

  @Override
  public void close() {
    root.close();
  }
}
