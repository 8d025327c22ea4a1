package io.espalier.deploy.progress;

import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.TrialView;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
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
  private final Sparks sparks = new Sparks();
  private final Block block;
  private Instant lastLine = Instant.MIN;

  public ProgressScreen(PrintStream out, Terminal terminal) {
    this.out = out;
    this.terminal = terminal;
    this.block = new Block(out);
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
      sparks.see(moment);
      Terminal.Size size = terminal.size();
      int height = Math.max(2, size.rows() - 1);
      block.show(text.toString(), Progress.block(moment, sparks, size.columns() - 1, height));
    } else {
      if (!moment.now().isBefore(lastLine.plus(BETWEEN_LINES))) {
        lastLine = moment.now();
        text.append(Progress.line(moment)).append('\n');
      }
      out.print(text);
      out.flush();
    }
  }

  /** Takes the block away, so that what follows is written below the ended trials. */
  public void close() {
    block.erase();
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
