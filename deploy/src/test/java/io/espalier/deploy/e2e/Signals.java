package io.espalier.deploy.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What {@code kill} sends. */
final class Signals {
  private Signals() {}

  /**
   * @param name without its SIG: {@code KILL}, {@code STOP}, {@code CONT}, {@code TERM}
   */
  static void send(String name, ProcessHandle to) {
    try {
      int exit = new ProcessBuilder("kill", "-" + name, Long.toString(to.pid())).start().waitFor();
      if (exit != 0) {
        throw new AssertionError("kill -%s %d failed".formatted(name, to.pid()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
