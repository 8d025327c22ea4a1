package io.espalier.deploy.cli;

import io.espalier.deploy.progress.Terminal;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.OptionalInt;

/** Where a command writes: results to {@code out}, everything about them to {@code err}. */
final class Console {
  private final PrintStream out;
  private final PrintStream err;
  private RunLog log = RunLog.none();

  Console(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** The same, but what would go to {@code out} goes nowhere. */
  Console withoutResults() {
    return new Console(new PrintStream(OutputStream.nullOutputStream()), err);
  }

  RunLog log() {
    return log;
  }

  /** From now on what goes wrong is recorded there. */
  void logTo(RunLog log) {
    this.log = log;
  }

  Terminal terminal() {
    return Terminal.ofProcess(System.getenv());
  }

  /** How wide a line of the results may be. */
  OptionalInt width() {
    return terminal().width(System.getenv());
  }

  /** How the launcher was called, for commands a message proposes. */
  static String command() {
    return System.getProperty("espalier.command", "espalier");
  }

  void complain(String message) {
    err.println("espalier: " + message);
  }
}
