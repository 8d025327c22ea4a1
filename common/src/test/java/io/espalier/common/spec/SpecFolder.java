package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.common.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A directory with a model and data sets, and specifications read as if they lay in it. */
record SpecFolder(Path path) {
  static final String SMALLEST =
      """
      model: model
      dataset:
        train: train.jsonl
        eval: 0.1
      search:
        space:
          learning_rate: [1e-3, 1e-4]
      """;

  static SpecFolder at(Path path) {
    try {
      Files.createDirectories(path.resolve("model"));
      Files.writeString(path.resolve("model/config.json"), "{}");
      Files.writeString(path.resolve("train.jsonl"), "{}\n");
      Files.writeString(path.resolve("general.jsonl"), "{}\n");
      return new SpecFolder(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of one of its files. */
  List<RowSource> rows(String name) {
    return List.of(RowSource.parse(path.resolve(name).toString()));
  }

  SweepSpec parse(String yaml) {
    return SpecReader.parse(yaml, path, "sweep.yaml");
  }

  SweepSpec parseWith(String more) {
    return parse(SMALLEST + more);
  }

  /** The lines of the error, each without the directory's name. */
  List<String> problems(String yaml) {
    var error = catchThrowableOfType(UserError.class, () -> parse(yaml));
    if (error == null) {
      throw new AssertionError("no problem was found in\n" + yaml);
    }
    return error.getMessage().replace(path.toString(), "DIR").lines().toList();
  }

  List<String> problemsWith(String more) {
    return problems(SMALLEST + more);
  }
}
