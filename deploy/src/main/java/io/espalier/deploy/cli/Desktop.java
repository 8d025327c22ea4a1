package io.espalier.deploy.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The desktop of whoever runs a command, where there is one. */
final class Desktop {
  private static final long PATIENCE_SECONDS = 5;

  private Desktop() {}

  /** Opens a page in the browser; returns whether that worked. */
  static boolean open(String url) {
    boolean mac = System.getProperty("os.name", "").startsWith("Mac");
    try {
      Process opener =
          new ProcessBuilder(List.of(mac ? "open" : "xdg-open", url))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      // One that goes on is the browser itself.
      return !opener.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || opener.exitValue() == 0;
    } catch (IOException missing) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
