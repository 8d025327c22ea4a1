package io.espalier.worker.data;

import io.espalier.common.spec.Curriculum;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.RowSource;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training.TruncationStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Writes rows to a file and reads them with the tiny tokenizer. */
class DatasetReading {
  private static final ModelFingerprint MODEL =
      new ModelFingerprint(
          "model", 1234, OptionalInt.of(TinyTokenizer.VOCABULARY), ClassNames.NONE);
  private static ChatTokenizer tokenizer;

  @TempDir Path directory;

  @BeforeAll
  static void open() {
    tokenizer = TinyTokenizer.open();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  static String text(int[] ids) {
    return tokenizer.decode(ids);
  }

  /** Rows [i, 0] of which the second token is a target. */
  static String tokenizedRows(int rows) {
    return IntStream.range(0, rows)
        .mapToObj(i -> "{\"input_ids\":[%d,0],\"labels\":[-100,0]}\n".formatted(i))
        .collect(Collectors.joining());
  }

  Path train() {
    return directory.resolve("train.jsonl");
  }

  Draft spec(String rows) {
    return spec(rows.getBytes(StandardCharsets.UTF_8));
  }

  Draft spec(byte[] rows) {
    try {
      Files.write(train(), rows);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Draft(train().toString());
  }

  TokenizedDataset read(Draft draft) {
    return read(draft.build());
  }

  TokenizedDataset read(DatasetSpec spec) {
    return read(spec, 1024, TruncationStrategy.DELETE);
  }

  TokenizedDataset read(DatasetSpec spec, int maxLength, TruncationStrategy strategy) {
    return read(Optional.of(tokenizer), spec, maxLength, strategy);
  }

  TokenizedDataset readWithoutTokenizer(Draft draft) {
    return read(Optional.empty(), draft.build(), 1024, TruncationStrategy.DELETE);
  }

  static TokenizedDataset read(
      Optional<ChatTokenizer> tokenizer,
      DatasetSpec spec,
      int maxLength,
      TruncationStrategy strategy) {
    return read(tokenizer, MODEL, spec, maxLength, strategy);
  }

  static TokenizedDataset read(
      Optional<ChatTokenizer> tokenizer,
      ModelFingerprint model,
      DatasetSpec spec,
      int maxLength,
      TruncationStrategy strategy) {
    var settings =
        new TaskSettings(
            "models/tiny",
            spec,
            new EvaluationSpec(true, Set.of(), false, 8),
            new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty()),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    return new DatasetReader(tokenizer, model)
        .read(settings, Trainings.maxLength(maxLength, strategy));
  }

  /** A data set's specification in the making. */
  static final class Draft {
    private List<RowSource> train;
    private List<RowSource> eval = List.of();
    private OptionalDouble evalFraction = OptionalDouble.empty();
    private List<RowSource> retention = List.of();
    private Optional<String> system = Optional.empty();
    private Optional<Curriculum> curriculum = Optional.empty();
    private Map<String, List<String>> replace = Map.of();
    private long dataSeed = 42;
    private boolean skipBadSamples;

    private Draft(String train) {
      this.train = List.of(RowSource.parse(train));
    }

    /** The training file once more. */
    Draft withEvalFile() {
      eval = train;
      return this;
    }

    /** The training file once more. */
    Draft withRetentionFile() {
      retention = train;
      return this;
    }

    Draft withEvalFraction(double fraction) {
      evalFraction = OptionalDouble.of(fraction);
      return this;
    }

    Draft withReplace(Map<String, List<String>> values) {
      replace = values;
      return this;
    }

    Draft withDataSeed(long seed) {
      dataSeed = seed;
      return this;
    }

    Draft withTrain(Object... files) {
      train = Arrays.stream(files).map(file -> RowSource.parse(file.toString())).toList();
      return this;
    }

    Draft withSystem(String text) {
      system = Optional.of(text);
      return this;
    }

    Draft orderedBy(String written) {
      curriculum = Optional.of(Curriculum.parse(written));
      return this;
    }

    Draft skippingBadSamples() {
      skipBadSamples = true;
      return this;
    }

    DatasetSpec build() {
      return new DatasetSpec(
          train,
          eval,
          evalFraction,
          retention,
          system,
          replace,
          true,
          curriculum,
          dataSeed,
          skipBadSamples);
    }
  }
}
