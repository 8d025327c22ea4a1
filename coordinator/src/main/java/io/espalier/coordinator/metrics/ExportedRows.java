package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.metrics.MetricExport.TrialRow;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.InvalidArrowFileException;

/** The inverse of {@link MetricExport} for its Arrow files. */
public final class ExportedRows {
  private ExportedRows() {}

  /**
   * @throws IOException when the file cannot be read or holds something else
   */
  public static List<TrialRow> read(Path file) throws IOException {
    var read = new ArrayList<TrialRow>();
    try (var allocator = new RootAllocator();
        SeekableByteChannel channel = Files.newByteChannel(file);
        var reader = new ArrowFileReader(channel, allocator)) {
      while (reader.loadNextBatch()) {
        var root = reader.getVectorSchemaRoot();
        if (!(root.getVector("trial") instanceof IntVector trials)) {
          throw new IOException("the rows have no trial");
        }
        List<MetricRow> rows = MetricRowCodec.read(root);
        for (int i = 0; i < rows.size(); i++) {
          read.add(new TrialRow(new TrialId(trials.get(i)), rows.get(i)));
        }
      }
    } catch (InvalidArrowFileException | IllegalArgumentException e) {
      throw new IOException("these are no metric rows: " + e.getMessage(), e);
    }
    return read;
  }
}
