package io.espalier.deploy.tracking;

import com.google.protobuf.CodedOutputStream;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Trials as event files that TensorBoard reads, a directory each. Their form is that of
 * tensorflow/core/util/event.proto in the records of tensorflow/core/lib/io/record_writer.h:
 * length, its masked CRC-32C, the bytes, their masked CRC-32C.
 */
public final class TensorBoardRuns {
  private static final String VERSION = "brain.Event:2";
  private static final int MASK = 0xa282ead8;
  private static final int LONGEST_NAME = 120;

  /** Field numbers of an Event, of its Summary and of a Summary.Value. */
  private static final int WALL_TIME = 1;

  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  private TensorBoardRuns() {}

  /**
   * Writes {@code <directory>/<sweep>/trial-<n>_<key>=<value>…/events.out.tfevents…}; files that
   * are there already are replaced.
   *
   * @return how many trials have measurements
   */
  public static int write(SweepView view, TrialCurves curves, Path directory) throws IOException {
    int written = 0;
    for (TrialView trial : view.trials()) {
      List<MetricRow> rows = curves.rows().getOrDefault(trial.config().id(), List.of());
      if (!rows.isEmpty()) {
        Path run = directory.resolve(view.id().value()).resolve(name(trial.config()));
        Files.createDirectories(run);
        // TensorBoard orders a run's files by the seconds in their names: one file, one name.
        String file =
            "events.out.tfevents.%d.espalier".formatted(view.submitted().getEpochSecond());
        write(rows, run.resolve(file));
        written++;
      }
    }
    return written;
  }

  private static String name(TrialConfig trial) {
    var name = new StringBuilder("trial-" + trial.id());
    trial.point().forEach((key, value) -> name.append('_').append(key).append('=').append(value));
    String safe = name.toString().replaceAll("[^\\w.=+-]", "-");
    return safe.substring(0, Math.min(LONGEST_NAME, safe.length()));
  }

  private static void write(List<MetricRow> rows, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(event(rows.get(0).time(), field -> field.writeString(FILE_VERSION, VERSION)));
      for (MetricRow row : rows) {
        if (row.measurement() instanceof Measurement.Update update) {
          out.write(scalar(row, "train/loss", update.trainLoss()));
          out.write(scalar(row, "train/learning_rate", update.learningRate()));
          out.write(scalar(row, "train/grad_norm", update.gradNorm()));
          out.write(scalar(row, "train/tokens_per_second", update.tokensPerSecond()));
        } else if (row.measurement() instanceof Measurement.Evaluation evaluation) {
          out.write(scalar(row, evaluation.set() + "/" + evaluation.metric(), evaluation.value()));
        }
      }
    }
  }

  private static byte[] scalar(MetricRow row, String tag, double value) throws IOException {
    return scalar(row.time(), row.update(), tag, value);
  }

  /** One measurement as a record of the file. */
  static byte[] scalar(Instant time, long step, String tag, double value) throws IOException {
    byte[] measured =
        message(
            field -> {
              field.writeString(TAG, tag);
              field.writeFloat(SIMPLE_VALUE, (float) value);
            });
    byte[] summary = message(field -> field.writeByteArray(VALUE, measured));
    return event(
        time,
        field -> {
          field.writeInt64(STEP, step);
          field.writeByteArray(SUMMARY, summary);
        });
  }

  /** Writes fields of a message. */
  @FunctionalInterface
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) throws IOException {
    var bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.writeTo(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] event(Instant time, Fields fields) throws IOException {
    byte[] event =
        message(
            field -> {
              field.writeDouble(WALL_TIME, time.toEpochMilli() / 1000.0);
              fields.writeTo(field);
            });
    byte[] length = little(Long.BYTES).putLong(event.length).array();
    return little(Long.BYTES + 2 * Integer.BYTES + event.length)
        .put(length)
        .putInt(masked(length))
        .put(event)
        .putInt(masked(event))
        .array();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Rotated right by 15 bits, plus a constant: a checksum of data that holds checksums is weak. */
  private static int masked(byte[] bytes) {
    var crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }
}
