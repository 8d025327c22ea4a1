package io.espalier.coordinator.metrics;

import static io.espalier.coordinator.metrics.Rows.lease;
import static io.espalier.coordinator.metrics.Rows.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.jerolba.carpet.CarpetReader;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.trial.TrialId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.SeekableReadChannel;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.util.ByteArrayReadableSeekableByteChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricExportTest {
  @TempDir Path directory;

  private static final List<MetricRow> ROWS =
      List.of(
          row(
              lease(0, 1),
              1,
              1,
              new Measurement.Update(
                  0.1 + 0.2, 1e-4, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)),
          row(lease(0, 1), 2, 1, new Measurement.Evaluation("eval", "a,\"b\"", Double.NaN)),
          row(lease(0, 1), 3, 2, new Measurement.Kill("loss_spike", 9, 3)),
          row(lease(0, 1), 4, 2, new Measurement.OutOfMemory("rows_per_branch", 4, 2)));

  @Test
  void csv_has_every_digit_and_the_spellings_pandas_reads() throws IOException {
    assertThat(text(MetricExport.Format.CSV))
        .isEqualTo(
            """
            trial,sweep,branch,attempt,sequence,update,epoch,samples,tokens,time,train_loss,learning_rate,grad_norm,tokens_per_second,set,metric,value,rule,threshold
            7,lr-1,0,1-1,1,1,0.1,4,100,2026-01-01T00:00:01.000001Z,0.30000000000000004,1.0E-4,inf,-inf,,,,,
            7,lr-1,0,1-1,2,1,0.1,4,100,2026-01-01T00:00:01.000001Z,,,,,eval,"a,""b""\",NaN,,
            7,lr-1,0,1-1,3,2,0.2,8,200,2026-01-01T00:00:02.000001Z,,,,,,,9.0,loss_spike,3.0
            7,lr-1,0,1-1,4,2,0.2,8,200,2026-01-01T00:00:02.000001Z,,,,,,rows_per_branch,4.0,out_of_memory,2.0
            """);
  }

  @Test
  void json_lines_leave_out_what_is_absent_and_spell_what_json_lacks() throws IOException {
    assertThat(text(MetricExport.Format.JSONL))
        .isEqualTo(
            """
            {"trial":7,"sweep":"lr-1","branch":0,"attempt":"1-1","sequence":1,"update":1,"epoch":0.1,"samples":4,"tokens":100,"time":"2026-01-01T00:00:01.000001Z","train_loss":0.30000000000000004,"learning_rate":1.0E-4,"grad_norm":"Infinity","tokens_per_second":"-Infinity"}
            {"trial":7,"sweep":"lr-1","branch":0,"attempt":"1-1","sequence":2,"update":1,"epoch":0.1,"samples":4,"tokens":100,"time":"2026-01-01T00:00:01.000001Z","set":"eval","metric":"a,\\"b\\"","value":"NaN"}
            {"trial":7,"sweep":"lr-1","branch":0,"attempt":"1-1","sequence":3,"update":2,"epoch":0.2,"samples":8,"tokens":200,"time":"2026-01-01T00:00:02.000001Z","value":9.0,"rule":"loss_spike","threshold":3.0}
            {"trial":7,"sweep":"lr-1","branch":0,"attempt":"1-1","sequence":4,"update":2,"epoch":0.2,"samples":8,"tokens":200,"time":"2026-01-01T00:00:02.000001Z","metric":"rows_per_branch","value":4.0,"rule":"out_of_memory","threshold":2.0}
            """);
  }

  @Test
  void arrow_is_a_file_that_gives_the_rows_back() throws IOException {
    byte[] bytes = bytes(MetricExport.Format.ARROW);
    try (var allocator = new RootAllocator();
        var reader =
            new ArrowFileReader(
                new SeekableReadChannel(new ByteArrayReadableSeekableByteChannel(bytes)),
                allocator)) {
      assertThat(reader.loadNextBatch()).isTrue();
      assertThat(MetricRowCodec.read(reader.getVectorSchemaRoot())).isEqualTo(ROWS);
      assertThat(reader.getVectorSchemaRoot().getVector("trial").getObject(2)).isEqualTo(7);
      assertThat(reader.loadNextBatch()).isFalse();
    }
  }

  @Test
  void parquet_is_a_file_that_gives_the_rows_back() throws IOException {
    Path file = Files.write(directory.resolve("rows.parquet"), bytes(MetricExport.Format.PARQUET));
    List<Map<String, Object>> rows = new ArrayList<>();
    new CarpetReader<>(file.toFile(), Map.class).iterator().forEachRemaining(rows::add);
    assertThat(rows).hasSize(4);
    assertThat(rows.get(0).keySet())
        .containsExactlyElementsOf(
            RowTable.SCHEMA.getFields().stream().map(Field::getName).toList());
    assertThat(rows.get(0))
        .containsEntry("trial", 7)
        .containsEntry("train_loss", 0.30000000000000004)
        .containsEntry("grad_norm", Double.POSITIVE_INFINITY)
        .containsEntry("time", Instant.parse("2026-01-01T00:00:01.000001Z"))
        .containsEntry("metric", null);
    assertThat(rows.get(1)).containsEntry("metric", "a,\"b\"").containsEntry("value", Double.NaN);
    assertThat(rows.get(2)).containsEntry("rule", "loss_spike").containsEntry("train_loss", null);
  }

  private static String text(MetricExport.Format format) throws IOException {
    return new String(bytes(format), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(MetricExport.Format format) throws IOException {
    var out = new ByteArrayOutputStream();
    MetricExport.write(
        ROWS.stream().map(row -> new MetricExport.TrialRow(new TrialId(7), row)), format, out);
    return out.toByteArray();
  }
}
