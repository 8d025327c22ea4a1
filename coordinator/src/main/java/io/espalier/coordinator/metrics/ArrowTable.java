package io.espalier.coordinator.metrics;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Values of one kind as Arrow columns. */
record ArrowTable<T>(List<Column<T>> columns) {
  ArrowTable {
    columns = List.copyOf(columns);
  }

  /**
   * A column, null where there is no value.
   *
   * @param type whose values are {@link Type}'s
   */
  record Column<T>(String name, Type type, Function<T, Optional<?>> value) {}

  /** What a column holds: Java's Integer, Long, Double, String, Instant. */
  enum Type {
    INT32(new ArrowType.Int(32, true)),
    INT64(new ArrowType.Int(64, true)),
    FLOAT64(new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE)),
    TEXT(new ArrowType.Utf8()),
    TIME(new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC"));

    private final ArrowType arrow;

    Type(ArrowType arrow) {
      this.arrow = arrow;
    }
  }

  Schema schema() {
    return new Schema(
        columns.stream()
            .map(
                column ->
                    new Field(column.name(), FieldType.nullable(column.type().arrow), List.of()))
            .toList());
  }

  /** Replaces what {@code root}, of this schema, holds. */
  void write(List<T> rows, VectorSchemaRoot root) {
    root.allocateNew();
    for (Column<T> column : columns) {
      FieldVector vector = root.getVector(column.name());
      for (int i = 0; i < rows.size(); i++) {
        Optional<?> value = column.value().apply(rows.get(i));
        if (value.isPresent()) {
          set(vector, i, value.get());
        }
      }
    }
    root.setRowCount(rows.size());
  }

  private static void set(FieldVector vector, int i, Object value) {
    if (vector instanceof IntVector ints) {
      ints.setSafe(i, (Integer) value);
    } else if (vector instanceof BigIntVector longs) {
      longs.setSafe(i, (Long) value);
    } else if (vector instanceof Float8Vector doubles) {
      doubles.setSafe(i, (Double) value);
    } else if (vector instanceof TimeStampMicroTZVector times) {
      times.setSafe(i, ChronoUnit.MICROS.between(Instant.EPOCH, (Instant) value));
    } else {
      ((VarCharVector) vector).setSafe(i, value.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
