package io.espalier.common.metrics;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.BaseFixedWidthVector;
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

/**
 * Metric rows as Arrow columns: one schema for every kind of {@link Measurement}, in long form.
 * Columns a kind does not have are null; float64 values are kept bit for bit, NaN and infinities
 * too. A row with a {@code rule} is a {@link Measurement.Kill}, or with a {@code learning_rate} too
 * a {@link Measurement.Reduction}, or with a {@code metric} too a {@link Measurement.OutOfMemory};
 * one with a {@code metric} alone is a {@link Measurement.Evaluation}, any other a {@link
 * Measurement.Update}.
 */
public final class MetricRowCodec {
  private static final ArrowType TEXT = new ArrowType.Utf8();
  private static final ArrowType INT32 = new ArrowType.Int(32, true);
  private static final ArrowType INT64 = new ArrowType.Int(64, true);
  private static final ArrowType FLOAT64 =
      new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);

  /** The columns, in the order in which files and exports have them. */
  public static final Schema SCHEMA =
      new Schema(
          List.of(
              always("sweep", TEXT),
              always("branch", INT32),
              always("attempt", TEXT),
              always("sequence", INT64),
              always("update", INT64),
              always("epoch", FLOAT64),
              always("samples", INT64),
              always("tokens", INT64),
              always("time", new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC")),
              maybe("train_loss", FLOAT64),
              maybe("learning_rate", FLOAT64),
              maybe("grad_norm", FLOAT64),
              maybe("tokens_per_second", FLOAT64),
              maybe("set", TEXT),
              maybe("metric", TEXT),
              maybe("value", FLOAT64),
              maybe("rule", TEXT),
              maybe("threshold", FLOAT64)));

  /** The {@code rule} of a {@link Measurement.OutOfMemory}. */
  public static final String OUT_OF_MEMORY = "out_of_memory";

  private MetricRowCodec() {}

  private static Field always(String name, ArrowType type) {
    return new Field(name, FieldType.notNullable(type), List.of());
  }

  private static Field maybe(String name, ArrowType type) {
    return new Field(name, FieldType.nullable(type), List.of());
  }

  /**
   * Replaces what {@code root} holds by these rows.
   *
   * @param root of {@link #SCHEMA}; stays the caller's
   */
  public static void write(List<MetricRow> rows, VectorSchemaRoot root) {
    root.clear();
    for (FieldVector vector : root.getFieldVectors()) {
      if (vector instanceof BaseFixedWidthVector numbers) {
        numbers.allocateNew(rows.size());
      }
    }
    var columns = new Columns(root, rows.size());
    for (int i = 0; i < rows.size(); i++) {
      columns.write(i, rows.get(i));
    }
    columns.finish();
    root.setRowCount(rows.size());
  }

  /**
   * The rows {@code root} holds.
   *
   * @throws IllegalArgumentException when a column is missing or of another type
   */
  public static List<MetricRow> read(VectorSchemaRoot root) {
    var columns = new Columns(root, root.getRowCount());
    var rows = new ArrayList<MetricRow>(root.getRowCount());
    for (int i = 0; i < root.getRowCount(); i++) {
      rows.add(columns.read(i));
    }
    return rows;
  }

  private static final class Columns {
    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final int NANOS_PER_MICRO = 1_000;

    private final TextColumn<SweepId> sweep;
    private final NumberColumn branch;
    private final TextColumn<Attempt> attempt;
    private final NumberColumn sequence;
    private final NumberColumn update;
    private final NumberColumn epoch;
    private final NumberColumn samples;
    private final NumberColumn tokens;
    private final NumberColumn time;
    private final NumberColumn trainLoss;
    private final NumberColumn learningRate;
    private final NumberColumn gradNorm;
    private final NumberColumn tokensPerSecond;
    private final TextColumn<String> set;
    private final TextColumn<String> metric;
    private final NumberColumn value;
    private final TextColumn<String> rule;
    private final NumberColumn threshold;

    Columns(VectorSchemaRoot root, int rows) {
      sweep = new TextColumn<>(column(root, "sweep", VarCharVector.class), rows, SweepId::new);
      branch = new NumberColumn(column(root, "branch", IntVector.class), rows);
      attempt =
          new TextColumn<>(column(root, "attempt", VarCharVector.class), rows, Attempt::parse);
      sequence = new NumberColumn(column(root, "sequence", BigIntVector.class), rows);
      update = new NumberColumn(column(root, "update", BigIntVector.class), rows);
      epoch = new NumberColumn(column(root, "epoch", Float8Vector.class), rows);
      samples = new NumberColumn(column(root, "samples", BigIntVector.class), rows);
      tokens = new NumberColumn(column(root, "tokens", BigIntVector.class), rows);
      time = new NumberColumn(column(root, "time", TimeStampMicroTZVector.class), rows);
      trainLoss = new NumberColumn(column(root, "train_loss", Float8Vector.class), rows);
      learningRate = new NumberColumn(column(root, "learning_rate", Float8Vector.class), rows);
      gradNorm = new NumberColumn(column(root, "grad_norm", Float8Vector.class), rows);
      tokensPerSecond =
          new NumberColumn(column(root, "tokens_per_second", Float8Vector.class), rows);
      set = new TextColumn<>(column(root, "set", VarCharVector.class), rows, text -> text);
      metric = new TextColumn<>(column(root, "metric", VarCharVector.class), rows, text -> text);
      value = new NumberColumn(column(root, "value", Float8Vector.class), rows);
      rule = new TextColumn<>(column(root, "rule", VarCharVector.class), rows, text -> text);
      threshold = new NumberColumn(column(root, "threshold", Float8Vector.class), rows);
    }

    private static <V extends FieldVector> V column(
        VectorSchemaRoot root, String name, Class<V> type) {
      FieldVector vector = root.getVector(name);
      if (!type.isInstance(vector)) {
        throw new IllegalArgumentException(
            "metric rows need a column '%s' of %s; this schema is %s"
                .formatted(name, SCHEMA.findField(name).getType(), root.getSchema()));
      }
      return type.cast(vector);
    }

    void write(int i, MetricRow row) {
      sweep.set(i, row.sweep());
      branch.setInt(i, row.branch().number());
      attempt.set(i, row.attempt());
      sequence.setLong(i, row.sequence());
      update.setLong(i, row.update());
      epoch.setDouble(i, row.epoch());
      samples.setLong(i, row.samples());
      tokens.setLong(i, row.tokens());
      time.setLong(i, micros(row.time()));
      if (row.measurement() instanceof Measurement.Update measured) {
        trainLoss.setDouble(i, measured.trainLoss());
        learningRate.setDouble(i, measured.learningRate());
        gradNorm.setDouble(i, measured.gradNorm());
        tokensPerSecond.setDouble(i, measured.tokensPerSecond());
      } else if (row.measurement() instanceof Measurement.Evaluation measured) {
        set.set(i, measured.set());
        metric.set(i, measured.metric());
        value.setDouble(i, measured.value());
      } else if (row.measurement() instanceof Measurement.Kill kill) {
        rule.set(i, kill.rule());
        value.setDouble(i, kill.value());
        threshold.setDouble(i, kill.threshold());
      } else if (row.measurement() instanceof Measurement.Reduction reduction) {
        rule.set(i, reduction.rule());
        value.setDouble(i, reduction.value());
        threshold.setDouble(i, reduction.threshold());
        learningRate.setDouble(i, reduction.learningRate());
      } else if (row.measurement() instanceof Measurement.OutOfMemory relieved) {
        rule.set(i, OUT_OF_MEMORY);
        metric.set(i, relieved.what());
        value.setDouble(i, relieved.tried());
        threshold.setDouble(i, relieved.next());
      }
    }

    void finish() {
      List.of(sweep, attempt, set, metric, rule).forEach(TextColumn::finish);
    }

    private static long micros(Instant time) {
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), MICROS_PER_SECOND),
          time.getNano() / NANOS_PER_MICRO);
    }

    private static Instant instant(long micros) {
      return Instant.ofEpochSecond(
          Math.floorDiv(micros, MICROS_PER_SECOND),
          NANOS_PER_MICRO * Math.floorMod(micros, MICROS_PER_SECOND));
    }

    MetricRow read(int i) {
      return new MetricRow(
          sweep.get(i),
          new BranchId(branch.getInt(i)),
          attempt.get(i),
          sequence.getLong(i),
          update.getLong(i),
          epoch.getDouble(i),
          samples.getLong(i),
          tokens.getLong(i),
          instant(time.getLong(i)),
          measurement(i));
    }

    private Measurement measurement(int i) {
      if (rule.has(i) && learningRate.has(i)) {
        return new Measurement.Reduction(
            rule.get(i), value.getDouble(i), threshold.getDouble(i), learningRate.getDouble(i));
      }
      if (rule.has(i) && metric.has(i)) {
        return new Measurement.OutOfMemory(
            metric.get(i), value.getDouble(i), threshold.getDouble(i));
      }
      if (rule.has(i)) {
        return new Measurement.Kill(rule.get(i), value.getDouble(i), threshold.getDouble(i));
      }
      if (metric.has(i)) {
        return new Measurement.Evaluation(set.get(i), metric.get(i), value.getDouble(i));
      }
      return new Measurement.Update(
          trainLoss.getDouble(i),
          learningRate.getDouble(i),
          gradNorm.getDouble(i),
          tokensPerSecond.getDouble(i));
    }
  }
}
