package io.espalier.worker.data;

import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training.TruncationStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
      new ModelFingerprint("model", 1234, OptionalInt.of(TinyTokenizer.VOCABULARY));
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
    var settings =
        new TaskSettings(
            "models/tiny",
            spec,
            new EvaluationSpec(true, Set.of(), false, 8),
            new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty()),
            Optional.empty(),
            Optional.empty());
    return new DatasetReader(tokenizer, MODEL)
        .read(settings, Trainings.maxLength(maxLength, strategy));
  }

  /** A data set's specification in the making. */
  static final class Draft {
    private final String train;
    private Optional<String> eval = Optional.empty();
    private OptionalDouble evalFraction = OptionalDouble.empty();
    private Optional<String> retention = Optional.empty();
    private Map<String, List<String>> replace = Map.of();
    private long dataSeed = 42;
    private boolean skipBadSamples;

    private Draft(String train) {
      this.train = train;
    }

    /** The training file once more. */
    Draft withEvalFile() {
      eval = Optional.of(train);
      return this;
    }

    /** The training file once more. */
    Draft withRetentionFile() {
      retention = Optional.of(train);
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

    Draft skippingBadSamples() {
      skipBadSamples = true;
      return this;
    }

    DatasetSpec build() {
      return new DatasetSpec(
          train, eval, evalFraction, retention, replace, true, dataSeed, skipBadSamples);
    }
  }
}
