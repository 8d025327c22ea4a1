package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.trial.Sample;
import io.espalier.coordinator.report.AnswerView;
import io.espalier.coordinator.report.ViewJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The answers that workers leave beside adapters, and those of the base model with a sweep. */
final class AnswerFiles {
  private AnswerFiles() {}

  private record Asked(String set, String prompt) {}

  /**
   * @param adapter the trial's directory
   * @param sweep the sweep's
   * @return none where the trial left none
   * @throws UserError when a line is none of a worker's
   */
  static List<AnswerView> read(Path adapter, Path sweep) {
    Map<Asked, String> before = new HashMap<>();
    lines(sweep.resolve(Sample.BASE_FILE))
        .forEach(line -> before.put(new Asked(line.set(), line.prompt()), line.answer()));
    return lines(adapter.resolve(Sample.FILE)).stream()
        .map(
            line ->
                new AnswerView(
                    line.set(),
                    line.prompt(),
                    line.reference(),
                    Optional.ofNullable(before.get(new Asked(line.set(), line.prompt()))),
                    line.answer()))
        .toList();
  }

  private static List<Sample> lines(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(line -> ViewJson.read(line, Sample.class, file.toString()))
          .toList();
    } catch (NoSuchFileException none) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
