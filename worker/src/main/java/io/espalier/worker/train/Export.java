package io.espalier.worker.train;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Sample;
import io.espalier.common.trial.TrialId;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.DurableFiles;
import io.espalier.worker.model.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts what a trial trained into the store, under the attempt's own path: a worker thought dead
 * overwrites nothing of its successor's.
 */
final class Export {
  private final Path sweep;
  private final Path attempt;

  Export(Lease lease) {
    sweep = Path.of(lease.sweepDirectory());
    attempt = attempt(lease);
  }

  /** Where all that one attempt at a branch writes belongs. */
  static Path attempt(Lease lease) {
    return Path.of(lease.sweepDirectory())
        .resolve("branches/%s/%s".formatted(lease.branch().id(), lease.attempt()));
  }

  /**
   * Texts beside a trial's weights.
   *
   * @param card {@code README.md}
   * @param answers {@code answers.jsonl}; none where it is empty
   */
  record Beside(String card, String answers) {}

  /** Where a trial's adapter will lie, relative to the sweep's directory. */
  String place(TrialId trial) {
    return sweep.relativize(directory(trial)).toString();
  }

  private Path directory(TrialId trial) {
    return attempt.resolve("trials/%s/adapter".formatted(trial));
  }

  /**
   * Puts all of it there, or nothing.
   *
   * @param flat the slot's flat vector [P]
   * @param beside what people find with the weights
   */
  void write(TrialId trial, BaseModel model, Trainable trainable, float[] flat, Beside beside)
      throws IOException {
    Path fresh = fresh(directory(trial), model, trainable, flat);
    DurableFiles.write(fresh.resolve("README.md"), beside.card());
    if (!beside.answers().isEmpty()) {
      DurableFiles.write(fresh.resolve(Sample.FILE), beside.answers());
    }
    put(fresh, directory(trial));
  }

  /** Leaves a trial's weights as they are after an update, all of them or nothing. */
  void checkpoint(TrialId trial, long update, BaseModel model, Trainable trainable, float[] flat)
      throws IOException {
    Path place = checkpoint(trial, update);
    put(fresh(place, model, trainable, flat), place);
  }

  void removeCheckpoint(TrialId trial, long update) throws IOException {
    remove(checkpoint(trial, update));
  }

  /** Where such a checkpoint lies, relative to the sweep's directory. */
  String checkpointPlace(TrialId trial, long update) {
    return sweep.relativize(checkpoint(trial, update)).toString();
  }

  /**
   * Copies a checkpoint of an earlier attempt, which somebody may still write to, to this one.
   *
   * @param place relative to the sweep's directory
   * @return whether it was there
   */
  boolean adopt(String place, TrialId trial, long update) throws IOException {
    Path old = sweep.resolve(place);
    if (!Files.isDirectory(old)) {
      return false;
    }
    Path own = checkpoint(trial, update);
    Path fresh = own.resolveSibling(own.getFileName() + ".new");
    remove(fresh);
    Files.createDirectories(fresh);
    try (Stream<Path> files = Files.list(old)) {
      for (Path file : files.toList()) {
        Files.copy(file, fresh.resolve(file.getFileName()));
      }
    }
    put(fresh, own);
    return true;
  }

  private Path checkpoint(TrialId trial, long update) {
    return directory(trial).resolveSibling("checkpoint-%d".formatted(update));
  }

  private static Path fresh(Path place, BaseModel model, Trainable trainable, float[] flat)
      throws IOException {
    Path fresh = place.resolveSibling(place.getFileName() + ".new");
    remove(fresh);
    Files.createDirectories(fresh);
    if (trainable instanceof Trainable.Adapter adapter) {
      PeftFormat.write(fresh, adapter.layout(), flat, model.directory().toString());
    } else {
      ModelDirectory.write(fresh, model, flat);
    }
    return fresh;
  }

  private static void put(Path fresh, Path place) throws IOException {
    remove(place);
    Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.flush(place.resolveSibling("."));
  }

  private static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> paths = Files.walk(directory)) {
      deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
