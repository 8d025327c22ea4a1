package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.api.Backend.AdapterFile;
import io.espalier.coordinator.api.Backend.AttemptLog;
import io.espalier.coordinator.api.Refused;
import io.espalier.coordinator.api.Refused.Reason;
import io.espalier.coordinator.report.AnswerView;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.SweepViews;
import io.espalier.coordinator.report.TrialView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What sweeps left in the store. Its methods block.
 *
 * @param sweeps {@code <store>/sweeps}
 */
record SweepFiles(Path sweeps) {
  private static final String LOG = "trial.log";

  static SweepFiles in(Path store) {
    return new SweepFiles(store.resolve("sweeps"));
  }

  /** The kept view of a sweep; empty when there is none, or none of its end. */
  Optional<SweepView> ended(SweepId sweep) {
    Path file = view(sweep);
    try {
      return Optional.of(SweepViews.fromJson(Files.readString(file), file.toString()))
          .filter(view -> view.state().ended());
    } catch (IOException | UserError e) {
      return Optional.empty();
    }
  }

  /** When the kept view of a sweep was written; empty when there is none. */
  Optional<FileTime> written(SweepId sweep) {
    try {
      return Optional.of(Files.getLastModifiedTime(view(sweep)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path view(SweepId sweep) {
    return sweeps.resolve(sweep.value()).resolve("sweep.json");
  }

  boolean has(SweepId sweep) {
    return Files.exists(sweeps.resolve(sweep.value()));
  }

  /** Deletes all of a sweep; how many bytes that were. What is gone already is not missed. */
  long delete(SweepId sweep) {
    Path directory = sweeps.resolve(sweep.value());
    if (!Files.exists(directory)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      long bytes = 0;
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        bytes += Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
        Files.deleteIfExists(file);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes of the exact checkpoints that attempts have left. */
  long checkpoints(SweepId sweep) {
    Path branches = sweeps.resolve(sweep.value()).resolve("branches");
    if (!Files.exists(branches)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(branches)) {
      long bytes = 0;
      for (Path file : (Iterable<Path>) files::iterator) {
        boolean checkpoint = file.resolveSibling(".").normalize().endsWith("checkpoints");
        bytes += checkpoint && Files.isRegularFile(file) ? Files.size(file) : 0;
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the attempts at a trial's branch that wrote one, oldest first. */
  List<AttemptLog> logs(SweepId sweep, TrialView trial) {
    Path branch =
        sweeps.resolve(sweep.value()).resolve("branches").resolve(trial.branch().toString());
    List<Attempt> attempts = new ArrayList<>();
    for (Path attempt : list(branch)) {
      if (attempt.getFileName().toString().matches("\\d+-\\d+")
          && Files.isRegularFile(attempt.resolve(LOG))) {
        attempts.add(Attempt.parse(attempt.getFileName().toString()));
      }
    }
    if (attempts.isEmpty()) {
      throw new Refused(
          Reason.UNKNOWN,
          "Trial %s of %s has no log: no worker has begun it, or it keeps none in this store."
              .formatted(trial.config().id(), sweep));
    }
    return attempts.stream()
        .sorted()
        .map(attempt -> new AttemptLog(attempt, branch.resolve(attempt.toString()).resolve(LOG)))
        .toList();
  }

  /** What a trial answered to some questions; none where it left no adapter, or no answers. */
  List<AnswerView> answers(SweepId sweep, TrialView trial) {
    Path directory = sweeps.resolve(sweep.value());
    return trial
        .result()
        .flatMap(TrialResult::adapter)
        .map(adapter -> AnswerFiles.read(directory.resolve(adapter), directory))
        .orElse(List.of());
  }

  /** By name. */
  List<AdapterFile> adapter(SweepId sweep, TrialView trial) {
    Optional<String> directory = trial.result().flatMap(TrialResult::adapter);
    List<AdapterFile> files = new ArrayList<>();
    for (Path file :
        directory
            .map(name -> list(sweeps.resolve(sweep.value()).resolve(name)))
            .orElse(List.of())) {
      if (Files.isRegularFile(file)) {
        files.add(new AdapterFile(file.getFileName().toString(), size(file), file));
      }
    }
    if (files.isEmpty()) {
      throw new Refused(
          Reason.UNKNOWN,
          "Trial %s of %s has no adapter: %s."
              .formatted(
                  trial.config().id(),
                  sweep,
                  trial
                      .result()
                      .map(result -> "it is " + result.outcome().word())
                      .orElse("it has not ended")));
    }
    files.sort(Comparator.comparing(AdapterFile::name));
    return files;
  }

  private static List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
