package io.espalier.coordinator.sweep;

import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where people find what a trial left. Workers write under their attempt; of the attempt that
 * counted {@code trials/<trial>/adapter} is a link, and so is each {@code checkpoint-<update>}.
 */
public final class Publication {
  private Publication() {}

  /** A trial's adapter, relative to its sweep's directory. */
  public static String adapter(TrialId trial) {
    return "trials/%s/adapter".formatted(trial);
  }

  /**
   * Makes the links, unless they are there.
   *
   * @param sweep the sweep's directory in the store
   * @param result one that counted
   */
  static void link(Path sweep, TrialResult result) throws IOException {
    Path link = sweep.resolve(adapter(result.trial()));
    if (result.adapter().isEmpty() || isAt(link, sweep.resolve(result.adapter().get()))) {
      return;
    }
    Files.createDirectories(link.resolveSibling("."));
    Path written = sweep.resolve(result.adapter().get());
    for (Path checkpoint : checkpoints(written.resolveSibling("."))) {
      point(link.resolveSibling(checkpoint.getFileName()), checkpoint);
    }
    // Last: where it is there, all are.
    point(link, written);
  }

  /** A trial that was tried again left another. */
  private static boolean isAt(Path link, Path written) throws IOException {
    return Files.exists(link, LinkOption.NOFOLLOW_LINKS)
        && Files.readSymbolicLink(link).equals(target(link, written));
  }

  private static Path target(Path link, Path written) {
    return link.resolveSibling(".").normalize().relativize(written.normalize());
  }

  private static List<Path> checkpoints(Path trial) throws IOException {
    if (!Files.isDirectory(trial)) {
      return List.of();
    }
    try (Stream<Path> places = Files.list(trial)) {
      return places
          .filter(place -> place.getFileName().toString().matches("checkpoint-\\d+"))
          .toList();
    }
  }

  private static void point(Path link, Path written) throws IOException {
    Path fresh = link.resolveSibling(link.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, target(link, written));
    Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
  }
}
