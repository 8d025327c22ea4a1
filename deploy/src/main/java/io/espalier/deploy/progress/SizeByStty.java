package io.espalier.deploy.progress;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** Asks {@code stty} for the terminal's size, every so many calls; the last answer stands in. */
final class SizeByStty implements Supplier<Terminal.Size> {
  private static final int CALLS_BETWEEN = 4;

  private Terminal.Size last;
  private int calls;

  SizeByStty(Terminal.Size unknown) {
    last = unknown;
  }

  @Override
  public Terminal.Size get() {
    if (calls++ % CALLS_BETWEEN == 0) {
      ask();
    }
    return last;
  }

  private void ask() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      last = parse(answer, last);
    } catch (IOException e) {
      // Without a controlling terminal there is nobody to ask; the last size will do.
    }
  }

  /**
   * {@code rows columns}; anything else, and sizes of 0 as some pseudo-terminals say, is unknown.
   */
  static Terminal.Size parse(String answer, Terminal.Size otherwise) {
    if (!answer.strip().matches("[1-9][0-9]{0,3} [1-9][0-9]{0,3}")) {
      return otherwise;
    }
    String[] parts = answer.strip().split(" ", -1);
    return new Terminal.Size(Integer.parseInt(parts[1]), Integer.parseInt(parts[0]));
  }
}
