package io.espalier.deploy.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk so small that it is soon full; unmounted when closed. */
final class Tmpfs implements AutoCloseable {
  private static final int BLOCK = 4096;

  private final Path place;

  private Tmpfs(Path place) {
    this.place = place;
  }

  /** Whether this user may mount. */
  static boolean isPossible(Path probe) {
    try {
      on(probe).close();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Mounted on a directory that this makes. */
  static Tmpfs on(Path place) {
    try {
      Files.createDirectories(place);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place.toString())) {
      throw new IllegalStateException("nothing can be mounted here");
    }
    return new Tmpfs(place);
  }

  void fill() {
    try (var out = Files.newOutputStream(filling())) {
      while (true) {
        out.write(new byte[BLOCK]);
      }
    } catch (IOException e) {
      // It is full now.
    }
  }

  void free() {
    try {
      Files.deleteIfExists(filling());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path filling() {
    return place.resolve("filling");
  }

  @Override
  public void close() {
    run("umount", "--lazy", place.toString());
  }

  private static boolean run(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
