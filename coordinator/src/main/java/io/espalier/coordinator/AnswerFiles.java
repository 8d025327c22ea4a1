package io.espalier.coordinator;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.espalier.common.UserError;
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
  private static final String TRIAL = "answers.jsonl";
  private static final String BASE = "base-answers.jsonl";

  private AnswerFiles() {}

  /** A line of either. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Line(String set, String prompt, String reference, String answer) {}

  private record Asked(String set, String prompt) {}

  /**
   * @param adapter the trial's directory
   * @param sweep the sweep's
   * @return none where the trial left none
   * @throws UserError when a line is none of a worker's
   */
  static List<AnswerView> read(Path adapter, Path sweep) {
    Map<Asked, String> before = new HashMap<>();
    lines(sweep.resolve(BASE))
        .forEach(line -> before.put(new Asked(line.set(), line.prompt()), line.answer()));
    return lines(adapter.resolve(TRIAL)).stream()
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

  private static List<Line> lines(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(line -> ViewJson.read(line, Line.class, file.toString()))
          .toList();
    } catch (NoSuchFileException none) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
