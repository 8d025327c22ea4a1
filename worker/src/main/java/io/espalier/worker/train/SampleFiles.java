package io.espalier.worker.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Sample;
import io.espalier.worker.model.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Supplier;

/** Answers for people to read: a trial's beside its adapter, the base model's with the sweep. */
final class SampleFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SampleFiles() {}

  /** A JSON object a line. */
  static String text(List<Sample> samples) {
    var text = new StringBuilder();
    try {
      for (Sample sample : samples) {
        text.append(JSON.writeValueAsString(sample)).append('\n');
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts are always JSON", e);
    }
    return text.toString();
  }

  /**
   * Has the base model's answers kept with the sweep, unless some attempt has done it before: they
   * are the same for all its trials.
   */
  static void keepBase(Lease lease, Supplier<List<Sample>> answers) throws IOException {
    Path file = Path.of(lease.sweepDirectory()).resolve(Sample.BASE_FILE);
    if (!Files.exists(file)) {
      Path fresh =
          file.resolveSibling(
              "%s.%s-%s".formatted(Sample.BASE_FILE, lease.branch().id(), lease.attempt()));
      DurableFiles.write(fresh, text(answers.get()));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
