package io.espalier.coordinator.replay;

import io.espalier.common.Numbers;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import io.espalier.coordinator.report.TrialView;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A replay for people. Pure. */
public final class ReplayText {
  private ReplayText() {}

  /** Ends in a line feed. */
  public static String of(SweepView view, Replay replay) {
    String table = replay.stops().isEmpty() ? "" : table(replay) + "\n";
    return table
        + String.format(
            Locale.ROOT,
            "%d of %d trials would have ended early: %,d of %,d updates not done, about %s of %s of device time.\n",
            replay.trials(),
            view.trials().size(),
            replay.saved(),
            replay.updates(),
            clock(replay.savedSeconds()),
            clock(replay.seconds()))
        + replay
            .winner()
            .map(best -> winner(best, replay.losesWinner()))
            .orElse("No trial has a rank, so none could be lost.\n")
        + pruned(view);
  }

  private static String table(Replay replay) {
    List<List<String>> rows =
        replay.stops().stream()
            .map(
                stop ->
                    List.of(
                        stop.trials().stream()
                            .map(TrialId::toString)
                            .collect(Collectors.joining("+")),
                        Numbers.text(stop.epoch()),
                        Long.toString(stop.verdict().update()),
                        stop.verdict().sentence()))
            .toList();
    return new TextTable(
            List.of(
                Column.left("trial"),
                Column.right("epoch"),
                Column.right("update"),
                Column.left("why it would have ended")),
            rows)
        .text();
  }

  private static String winner(TrialId best, boolean lost) {
    return lost
        ? "The best, trial %s, would have been lost.\n".formatted(best)
        : "The best, trial %s, would have stayed.\n".formatted(best);
  }

  private static String pruned(SweepView view) {
    long early =
        view.trials().stream()
            .map(TrialView::result)
            .filter(
                result -> result.isPresent() && !result.get().outcome().word().equals("completed"))
            .count();
    return early == 0
        ? ""
        : "%d of its trials did not complete when it ran: nothing is known of what they would have reported.\n"
            .formatted(early);
  }

  private static String clock(double seconds) {
    return Numbers.clock(Math.round(seconds));
  }
}
