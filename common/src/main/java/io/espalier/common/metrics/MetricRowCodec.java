package io.espalier.common.metrics;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
import org.jspecify.annotations.Nullable;

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
    var columns = new Columns(root);
    for (int i = 0; i < rows.size(); i++) {
      columns.write(i, rows.get(i));
    }
    root.setRowCount(rows.size());
  }

  /**
   * The rows {@code root} holds.
   *
   * @throws IllegalArgumentException when a column is missing or of another type
   */
  public static List<MetricRow> read(VectorSchemaRoot root) {
    var columns = new Columns(root);
    var rows = new ArrayList<MetricRow>(root.getRowCount());
    for (int i = 0; i < root.getRowCount(); i++) {
      rows.add(columns.read(i));
    }
    return rows;
  }

  private static final class Columns {
    private final Texts<SweepId> sweep;
    private final IntVector branch;
    private final Texts<Attempt> attempt;
    private final BigIntVector sequence;
    private final BigIntVector update;
    private final Float8Vector epoch;
    private final BigIntVector samples;
    private final BigIntVector tokens;
    private final TimeStampMicroTZVector time;
    private final Float8Vector trainLoss;
    private final Float8Vector learningRate;
    private final Float8Vector gradNorm;
    private final Float8Vector tokensPerSecond;
    private final Texts<String> set;
    private final Texts<String> metric;
    private final Float8Vector value;
    private final Texts<String> rule;
    private final Float8Vector threshold;

    Columns(VectorSchemaRoot root) {
      sweep = new Texts<>(column(root, "sweep", VarCharVector.class), SweepId::new);
      branch = column(root, "branch", IntVector.class);
      attempt = new Texts<>(column(root, "attempt", VarCharVector.class), Attempt::parse);
      sequence = column(root, "sequence", BigIntVector.class);
      update = column(root, "update", BigIntVector.class);
      epoch = column(root, "epoch", Float8Vector.class);
      samples = column(root, "samples", BigIntVector.class);
      tokens = column(root, "tokens", BigIntVector.class);
      time = column(root, "time", TimeStampMicroTZVector.class);
      trainLoss = column(root, "train_loss", Float8Vector.class);
      learningRate = column(root, "learning_rate", Float8Vector.class);
      gradNorm = column(root, "grad_norm", Float8Vector.class);
      tokensPerSecond = column(root, "tokens_per_second", Float8Vector.class);
      set = new Texts<>(column(root, "set", VarCharVector.class), text -> text);
      metric = new Texts<>(column(root, "metric", VarCharVector.class), text -> text);
      value = column(root, "value", Float8Vector.class);
      rule = new Texts<>(column(root, "rule", VarCharVector.class), text -> text);
      threshold = column(root, "threshold", Float8Vector.class);
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
      branch.setSafe(i, row.branch().number());
      attempt.set(i, row.attempt());
      sequence.setSafe(i, row.sequence());
      update.setSafe(i, row.update());
      epoch.setSafe(i, row.epoch());
      samples.setSafe(i, row.samples());
      tokens.setSafe(i, row.tokens());
      time.setSafe(i, ChronoUnit.MICROS.between(Instant.EPOCH, row.time()));
      if (row.measurement() instanceof Measurement.Update measured) {
        trainLoss.setSafe(i, measured.trainLoss());
        learningRate.setSafe(i, measured.learningRate());
        gradNorm.setSafe(i, measured.gradNorm());
        tokensPerSecond.setSafe(i, measured.tokensPerSecond());
      } else if (row.measurement() instanceof Measurement.Evaluation measured) {
        set.set(i, measured.set());
        metric.set(i, measured.metric());
        value.setSafe(i, measured.value());
      } else if (row.measurement() instanceof Measurement.Kill kill) {
        rule.set(i, kill.rule());
        value.setSafe(i, kill.value());
        threshold.setSafe(i, kill.threshold());
      } else if (row.measurement() instanceof Measurement.Reduction reduction) {
        rule.set(i, reduction.rule());
        value.setSafe(i, reduction.value());
        threshold.setSafe(i, reduction.threshold());
        learningRate.setSafe(i, reduction.learningRate());
      } else if (row.measurement() instanceof Measurement.OutOfMemory relieved) {
        rule.set(i, OUT_OF_MEMORY);
        metric.set(i, relieved.what());
        value.setSafe(i, relieved.tried());
        threshold.setSafe(i, relieved.next());
      }
    }

    MetricRow read(int i) {
      return new MetricRow(
          sweep.get(i),
          new BranchId(branch.get(i)),
          attempt.get(i),
          sequence.get(i),
          update.get(i),
          epoch.get(i),
          samples.get(i),
          tokens.get(i),
          Instant.EPOCH.plus(time.get(i), ChronoUnit.MICROS),
          measurement(i));
    }

    private Measurement measurement(int i) {
      if (rule.has(i) && !learningRate.isNull(i)) {
        return new Measurement.Reduction(
            rule.get(i), value.get(i), threshold.get(i), learningRate.get(i));
      }
      if (rule.has(i) && metric.has(i)) {
        return new Measurement.OutOfMemory(metric.get(i), value.get(i), threshold.get(i));
      }
      if (rule.has(i)) {
        return new Measurement.Kill(rule.get(i), value.get(i), threshold.get(i));
      }
      if (metric.has(i)) {
        return new Measurement.Evaluation(set.get(i), metric.get(i), value.get(i));
      }
      return new Measurement.Update(
          trainLoss.get(i), learningRate.get(i), gradNorm.get(i), tokensPerSecond.get(i));
    }
  }

  /** A text column. Neighbouring rows mostly repeat a text: it is encoded and parsed once. */
  private static final class Texts<T> {
    private final VarCharVector vector;
    private final Function<String, T> parse;
    private byte[] bytes = {};
    private @Nullable T last;

    Texts(VarCharVector vector, Function<String, T> parse) {
      this.vector = vector;
      this.parse = parse;
    }

    boolean has(int i) {
      return !vector.isNull(i);
    }

    void set(int i, T value) {
      if (!value.equals(last)) {
        bytes = value.toString().getBytes(StandardCharsets.UTF_8);
        last = value;
      }
      vector.setSafe(i, bytes);
    }

    T get(int i) {
      int start = vector.getStartOffset(i);
      int end = vector.getEndOffset(i);
      if (start < 0 || end < start || end > vector.getDataBuffer().capacity()) {
        // Arrow would ask for as much memory as damaged bytes name.
        throw new IllegalArgumentException("a text lies outside its bytes");
      }
      byte[] here = vector.get(i);
      T value = last;
      if (value == null || !Arrays.equals(here, bytes)) {
        value = parse.apply(new String(here, StandardCharsets.UTF_8));
        bytes = here;
        last = value;
      }
      return value;
    }
  }
}
