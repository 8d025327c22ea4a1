package io.espalier.coordinator.metrics;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.OwnRows;
import io.espalier.coordinator.report.SweepView;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * Metric rows for other programs. Each format has the trial and the columns of {@link
 * MetricRowCodec#SCHEMA}, its numbers with every digit and its times in UTC.
 */
public final class MetricExport {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

  private MetricExport() {}

  /** How rows are written. */
  public enum Format {
    /**
     * A header and one line per row, by RFC 4180. What a row does not have is empty; not-a-number
     * is {@code NaN}, infinities are {@code inf} and {@code -inf}, as pandas reads and writes them.
     */
    CSV,
    /**
     * One JSON object per line, without the columns a row does not have. JSON has no such numbers:
     * they are the texts {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}.
     */
    JSONL,
    /** An Arrow IPC file, for pyarrow, DuckDB, polars. */
    ARROW,
    /** A Parquet file, compressed by Snappy; times have microseconds. */
    PARQUET;

    /** Whether it is no text. */
    public boolean isBinary() {
      return this == ARROW || this == PARQUET;
    }

    /** As users write it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A row, and the trial it is shown for: several may share a branch. */
  public record TrialRow(TrialId trial, MetricRow row) {}

  /** Where several trials share a branch, each has its {@link OwnRows own rows}. */
  public static Stream<TrialRow> byTrial(SweepView view, Stream<MetricRow> stored) {
    return OwnRows.of(view, stored).entrySet().stream()
        .flatMap(trial -> trial.getValue().stream().map(row -> new TrialRow(trial.getKey(), row)));
  }

  /**
   * Writes every row; {@code out} is flushed and stays open.
   *
   * @throws IOException when {@code out} throws it
   */
  public static void write(Stream<TrialRow> rows, Format format, OutputStream out)
      throws IOException {
    switch (format) {
      case CSV -> csv(rows.iterator(), out);
      case JSONL -> jsonl(rows.iterator(), out);
      case ARROW -> arrow(rows.iterator(), out);
      case PARQUET -> ParquetRows.write(rows.map(MetricExport::values).iterator(), out);
    }
    out.flush();
  }

  private static void csv(Iterator<TrialRow> rows, OutputStream out) throws IOException {
    Writer writer = text(out);
    List<String> columns = RowTable.SCHEMA.getFields().stream().map(Field::getName).toList();
    writer.write(String.join(",", columns));
    writer.write('\n');
    while (rows.hasNext()) {
      Map<String, Object> values = values(rows.next());
      String separator = "";
      for (String column : columns) {
        writer.write(separator);
        writer.write(cell(values.getOrDefault(column, "")));
        separator = ",";
      }
      writer.write('\n');
    }
    writer.flush();
  }

  private static String cell(Object value) {
    if (value instanceof Double number && number.isInfinite()) {
      return number > 0 ? "inf" : "-inf";
    }
    String text = value.toString();
    boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  private static void jsonl(Iterator<TrialRow> rows, OutputStream out) throws IOException {
    Writer writer = text(out);
    while (rows.hasNext()) {
      Map<String, Object> values = values(rows.next());
      values.computeIfPresent("time", (column, time) -> time.toString());
      writer.write(JSON.writeValueAsString(values));
      writer.write('\n');
    }
    writer.flush();
  }

  private static void arrow(Iterator<TrialRow> rows, OutputStream out) throws IOException {
    try (var allocator = new RootAllocator();
        var table = new RowTable(allocator)) {
      // Closing the writer would close the caller's stream.
      var writer = new ArrowFileWriter(table.root(), null, Channels.newChannel(out));
      writer.start();
      var batch = new ArrayList<TrialRow>();
      while (rows.hasNext()) {
        batch.add(rows.next());
        if (batch.size() == RowTable.BATCH_ROWS || !rows.hasNext()) {
          table.write(batch);
          writer.writeBatch();
          batch.clear();
        }
      }
      writer.end();
    }
  }

  private static Writer text(OutputStream out) {
    return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
  }

  /** What the row has, by column. */
  private static Map<String, Object> values(TrialRow shown) {
    MetricRow row = shown.row();
    var values = new LinkedHashMap<String, Object>();
    values.put("trial", shown.trial().number());
    values.put("sweep", row.sweep().value());
    values.put("branch", row.branch().number());
    values.put("attempt", row.attempt().toString());
    values.put("sequence", row.sequence());
    values.put("update", row.update());
    values.put("epoch", row.epoch());
    values.put("samples", row.samples());
    values.put("tokens", row.tokens());
    values.put("time", row.time());
    if (row.measurement() instanceof Measurement.Update update) {
      values.put("train_loss", update.trainLoss());
      values.put("learning_rate", update.learningRate());
      values.put("grad_norm", update.gradNorm());
      values.put("tokens_per_second", update.tokensPerSecond());
    } else if (row.measurement() instanceof Measurement.Evaluation evaluation) {
      values.put("set", evaluation.set());
      values.put("metric", evaluation.metric());
      values.put("value", evaluation.value());
    } else if (row.measurement() instanceof Measurement.Kill kill) {
      values.put("value", kill.value());
      values.put("rule", kill.rule());
      values.put("threshold", kill.threshold());
    } else if (row.measurement() instanceof Measurement.Reduction reduction) {
      values.put("learning_rate", reduction.learningRate());
      values.put("value", reduction.value());
      values.put("rule", reduction.rule());
      values.put("threshold", reduction.threshold());
    } else if (row.measurement() instanceof Measurement.OutOfMemory relieved) {
      values.put("metric", relieved.what());
      values.put("value", relieved.tried());
      values.put("rule", MetricRowCodec.OUT_OF_MEMORY);
      values.put("threshold", relieved.next());
    }
    return values;
  }
}
