package io.espalier.deploy.progress;

import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.TrialView;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a sweep's progress: on a terminal a block redrawn in place below the lines of ended
 * trials, else lines only. Not thread-safe.
 */
public final class ProgressScreen {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
  private static final String ESCAPE = "\u001b[";
  private static final String RESET = ESCAPE + "0m";

  private final PrintStream out;
  private final Terminal terminal;
  private final Set<TrialId> told = new HashSet<>();
  private int drawn;
  private Instant lastLine = Instant.MIN;

  public ProgressScreen(PrintStream out, Terminal terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Shows this moment: ended trials not told of yet, and where the others are. */
  public void show(Moment moment) {
    StringBuilder text = new StringBuilder();
    for (TrialView trial : moment.ended()) {
      if (told.add(trial.config().id())) {
        text.append(ending(trial)).append('\n');
      }
    }
    if (terminal.redraws()) {
      redraw(text, moment);
    } else {
      if (!moment.now().isBefore(lastLine.plus(BETWEEN_LINES))) {
        lastLine = moment.now();
        text.append(Progress.line(moment)).append('\n');
      }
      out.print(text);
    }
    out.flush();
  }

  /** Takes the block away, so that what follows is written below the ended trials. */
  public void close() {
    out.print(erased());
    out.flush();
  }

  private void redraw(StringBuilder ended, Moment moment) {
    Terminal.Size size = terminal.size();
    List<String> block = Progress.block(moment, size.columns() - 1, Math.max(2, size.rows() - 1));
    String erase = erased();
    drawn = block.size();
    out.print(erase + ended + String.join("\n", block) + "\n");
  }

  private String erased() {
    String erase = drawn == 0 ? "" : ESCAPE + drawn + "A\r" + ESCAPE + "J";
    drawn = 0;
    return erase;
  }

  private String ending(TrialView trial) {
    String line = Progress.ending(trial, trial.result().orElseThrow());
    String word = trial.result().orElseThrow().outcome().word();
    if (!terminal.colours() || word.equals("completed")) {
      return line;
    }
    return line.replaceFirst("  " + word, "  " + ESCAPE + "31m" + word + RESET);
  }
}
