package io.espalier.coordinator.metrics;

import com.jerolba.carpet.CarpetWriter;
import com.jerolba.carpet.TimeUnit;
import com.jerolba.carpet.model.FieldType;
import com.jerolba.carpet.model.FieldTypes;
import com.jerolba.carpet.model.WriteRecordModelType;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.Map;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Metric rows of trials as a Parquet file with the columns of {@link RowTable#SCHEMA}. */
final class ParquetRows {
  private ParquetRows() {}

  /**
   * Writes a whole file; {@code out} stays open.
   *
   * @param rows values by column; what a row does not have is left out
   */
  static void write(Iterator<Map<String, Object>> rows, OutputStream out) throws IOException {
    WriteRecordModelType<Row> model = FieldTypes.writeRecordModel(Row.class);
    for (Field column : RowTable.SCHEMA.getFields()) {
      String name = column.getName();
      model.withField(name, type(column), row -> row.values().get(name));
    }
    try (CarpetWriter<Row> writer =
        new CarpetWriter.Builder<>(new Open(out), Row.class)
            .withWriteRecordModel(model)
            .withDefaultTimeUnit(TimeUnit.MICROS)
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .build()) {
      while (rows.hasNext()) {
        writer.write(new Row(rows.next()));
      }
    }
  }

  private record Row(Map<String, Object> values) {}

  private static FieldType type(Field column) {
    return switch (column.getType().getTypeID()) {
      case Int ->
          ((ArrowType.Int) column.getType()).getBitWidth() == 32
              ? FieldTypes.INTEGER
              : FieldTypes.LONG;
      case FloatingPoint -> FieldTypes.DOUBLE;
      case Timestamp -> FieldTypes.INSTANT;
      default -> FieldTypes.STRING;
    };
  }

  /** A file's writer closes what it writes to. */
  private static final class Open extends FilterOutputStream {
    Open(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
