package io.espalier.coordinator.sweep;

import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Where people find what a trial left. Workers write under their attempt; of the attempt that
 * counted {@code trials/<trial>/adapter} is a link.
 */
public final class Publication {
  private Publication() {}

  /** A trial's adapter, relative to its sweep's directory. */
  public static String adapter(TrialId trial) {
    return "trials/%s/adapter".formatted(trial);
  }

  /**
   * Makes the link, unless it is there.
   *
   * @param sweep the sweep's directory in the store
   * @param result one that counted
   */
  static void link(Path sweep, TrialResult result) throws IOException {
    Path link = sweep.resolve(adapter(result.trial()));
    if (result.adapter().isEmpty() || Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path directory = Files.createDirectories(link.resolveSibling("."));
    Path written = sweep.resolve(result.adapter().get());
    Path fresh = link.resolveSibling("adapter.new");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, directory.normalize().relativize(written));
    Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
  }
}
