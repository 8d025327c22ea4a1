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
    return new Draft(
        new DatasetSpec(
            train().toString(),
            Optional.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            Map.of(),
            true,
            42,
            false));
  }

  PreparedData read(Draft draft) {
    return read(draft.build());
  }

  PreparedData read(DatasetSpec spec) {
    return read(spec, 1024, TruncationStrategy.DELETE);
  }

  PreparedData read(DatasetSpec spec, int maxLength, TruncationStrategy strategy) {
    return read(Optional.of(tokenizer), spec, maxLength, strategy);
  }

  PreparedData readWithoutTokenizer(Draft draft) {
    return read(Optional.empty(), draft.build(), 1024, TruncationStrategy.DELETE);
  }

  static PreparedData read(
      Optional<ChatTokenizer> tokenizer,
      DatasetSpec spec,
      int maxLength,
      TruncationStrategy strategy) {
    var settings =
        new TaskSettings(
            "models/tiny",
            spec,
            new EvaluationSpec(true, Set.of(), 8),
            new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty()));
    return new DatasetReader(tokenizer, MODEL)
        .read(settings, Trainings.maxLength(maxLength, strategy));
  }

  /** A data set's specification in the making. */
  record Draft(DatasetSpec build) {
    /** The training file once more. */
    Draft withEvalFile() {
      return with(Optional.of(build.train()), build.evalFraction(), build.retention());
    }

    Draft withRetentionFile() {
      return with(build.eval(), build.evalFraction(), Optional.of(build.train()));
    }

    Draft withEvalFraction(double fraction) {
      return with(build.eval(), OptionalDouble.of(fraction), build.retention());
    }

    Draft withReplace(Map<String, List<String>> replace) {
      return new Draft(
          new DatasetSpec(
              build.train(),
              build.eval(),
              build.evalFraction(),
              build.retention(),
              replace,
              true,
              build.dataSeed(),
              build.skipBadSamples()));
    }

    Draft withDataSeed(long seed) {
      return new Draft(
          new DatasetSpec(
              build.train(),
              build.eval(),
              build.evalFraction(),
              build.retention(),
              build.replace(),
              true,
              seed,
              build.skipBadSamples()));
    }

    Draft skippingBadSamples() {
      return new Draft(
          new DatasetSpec(
              build.train(),
              build.eval(),
              build.evalFraction(),
              build.retention(),
              build.replace(),
              true,
              build.dataSeed(),
              true));
    }

    private Draft with(Optional<String> eval, OptionalDouble fraction, Optional<String> retention) {
      return new Draft(
          new DatasetSpec(
              build.train(),
              eval,
              fraction,
              retention,
              build.replace(),
              true,
              build.dataSeed(),
              build.skipBadSamples()));
    }
  }
}
