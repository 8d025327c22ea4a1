package io.espalier.deploy.progress;

import java.io.PrintStream;
import java.util.List;

/** Lines at the bottom of a terminal that are drawn anew in place. Not thread-safe. */
public final class Block {
  private static final String ESCAPE = "\u001b[";

  private final PrintStream out;
  private int drawn;

  public Block(PrintStream out) {
    this.out = out;
  }

  /**
   * Draws the lines in place of those before.
   *
   * @param above what stays above them from now on; whole lines
   */
  public void show(String above, List<String> lines) {
    String erase = erased();
    drawn = lines.size();
    out.print(erase + above + String.join("\n", lines) + "\n");
    out.flush();
  }

  /** Takes the lines away. */
  public void erase() {
    out.print(erased());
    out.flush();
  }

  private String erased() {
    String erase = drawn == 0 ? "" : ESCAPE + drawn + "A\r" + ESCAPE + "J";
    drawn = 0;
    return erase;
  }
}
