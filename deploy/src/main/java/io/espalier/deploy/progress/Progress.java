package io.espalier.deploy.progress;

import io.espalier.common.Numbers;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A moment of a sweep as text. Pure: the same moment gives the same lines. */
public final class Progress {
  private static final int BAR = 24;
  private static final int ON_A_LINE = 4;

  private Progress() {}

  /**
   * The bar of the sweep and a line for each running trial.
   *
   * @param sparks what the losses looked like so far
   * @param width columns a line may take; what is longer is cut
   * @param height lines there may be, at least 2
   */
  static List<String> block(Moment moment, Sparks sparks, int width, int height) {
    List<String> lines = new ArrayList<>();
    lines.add(bar(moment));
    List<TrialView> running = moment.running();
    int shown = running.size() < height ? running.size() : height - 2;
    lines.addAll(
        columns(
            running.subList(0, shown).stream()
                .map(trial -> cells(moment, sparks, trial))
                .toList()));
    if (shown < running.size()) {
      lines.add("  … and %d more".formatted(running.size() - shown));
    }
    return lines.stream().map(line -> cut(line, width)).toList();
  }

  /** The same on one line, for a log: of many running trials the first few. */
  static String line(Moment moment) {
    List<TrialView> running = moment.running();
    String shown =
        running.stream()
            .limit(ON_A_LINE)
            .map(trial -> "; " + String.join(" ", cells(moment, new Sparks(), trial)).strip())
            .collect(Collectors.joining());
    int more = running.size() - ON_A_LINE;
    return tally(moment) + shown + (more > 0 ? "; … and %d more running".formatted(more) : "");
  }

  /** How a trial ended: its point, the outcome with its reason, or its final numbers. */
  static String ending(TrialView trial, TrialResult result) {
    StringBuilder line = new StringBuilder(name(trial.config()));
    line.append("  ").append(result.outcome().word());
    if (result.outcome().finished()) {
      line.append(" in ").append(seconds(result.seconds()));
      result.trainLoss().ifPresent(loss -> line.append("  train_loss ").append(number(loss)));
      result.metrics().forEach((metric, value) -> append(line, metric, value));
    } else {
      line.append(": ").append(result.outcome().reason());
    }
    return line.toString();
  }

  private static void append(StringBuilder line, String metric, double value) {
    line.append("  ").append(metric).append(' ').append(number(value));
  }

  private static String bar(Moment moment) {
    SweepView view = moment.view();
    int all = Math.max(1, view.trials().size());
    int filled = BAR * moment.ended().size() / all;
    return "%s  %s%s  %s"
        .formatted(view.id(), "━".repeat(filled), "─".repeat(BAR - filled), tally(moment));
  }

  private static String tally(Moment moment) {
    SweepView view = moment.view();
    String elapsed = clock(moment.elapsed()) + " elapsed";
    if (view.state() == SweepView.State.PREPARING) {
      return "reading model and data, measuring the base, " + elapsed;
    }
    String remaining =
        view.state().ended()
            ? ""
            : moment.remaining().map(left -> ", about " + clock(left) + " left").orElse("");
    String paused = view.state() == SweepView.State.PAUSED ? "paused, " : "";
    return "%s%d/%d trials%s, %s%s"
        .formatted(
            paused,
            moment.ended().size(),
            view.trials().size(),
            lost(moment),
            elapsed,
            paused.isEmpty() ? remaining : "");
  }

  /** {@code (2 killed, 1 pruned)}: what did not get to its end. */
  private static String lost(Moment moment) {
    String counts =
        moment.ended().stream()
            .map(trial -> trial.result().orElseThrow().outcome())
            .filter(outcome -> !(outcome instanceof Outcome.Completed))
            .collect(Collectors.groupingBy(Outcome::word, TreeMap::new, Collectors.counting()))
            .entrySet()
            .stream()
            .map(count -> count.getValue() + " " + count.getKey())
            .collect(Collectors.joining(", "));
    return counts.isEmpty() ? "" : " (" + counts + ")";
  }

  private static List<String> cells(Moment moment, Sparks sparks, TrialView trial) {
    List<String> cells = new ArrayList<>(List.of(name(trial.config())));
    moment
        .latest(trial)
        .ifPresentOrElse(
            update -> {
              cells.addAll(measured(update, epochs(moment, trial)));
              String spark = sparks.of(trial.branch());
              if (!spark.isEmpty()) {
                cells.add(spark);
              }
            },
            () -> cells.add("starting"));
    return cells;
  }

  /** How many epochs a trial takes in all. */
  private static double epochs(Moment moment, TrialView trial) {
    Training training = trial.config().training();
    return moment
        .view()
        .dataset()
        .filter(dataset -> training.maxSteps().isPresent())
        .map(dataset -> (double) trial.updates() / training.updatesPerEpoch(dataset.samples()))
        .orElse(training.numTrainEpochs());
  }

  private static List<String> measured(LiveUpdate update, double epochs) {
    return List.of(
        // Others on its branch may have gone on before its end is known here.
        String.format(
            Locale.ROOT, "epoch %.1f/%s", Math.min(update.epoch(), epochs), decimal(epochs)),
        "loss " + number(update.trainLoss()),
        "lr " + scientific(update.learningRate()),
        String.format(Locale.ROOT, "%,.0f tokens/s", update.tokensPerSecond()));
  }

  private static String name(TrialConfig config) {
    return "trial %s  %s".formatted(config.id(), TrialConfig.text(config.point())).strip();
  }

  /** Pads cells of the same column to the same width. */
  private static List<String> columns(List<List<String>> rows) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        int length = row.get(i).length();
        if (i == widths.size()) {
          widths.add(length);
        } else {
          widths.set(i, Math.max(widths.get(i), length));
        }
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i)).append(" ".repeat(widths.get(i) - row.get(i).length() + 2));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String cut(String line, int width) {
    return line.length() <= width ? line : line.substring(0, Math.max(0, width - 1)) + "…";
  }

  private static String clock(Duration duration) {
    return Numbers.clock(duration.toSeconds());
  }

  private static String seconds(double seconds) {
    return seconds < 10
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : clock(Duration.ofMillis(Math.round(seconds * 1000)));
  }

  private static String decimal(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String number(double value) {
    boolean plain = Double.isNaN(value) || Math.abs(value) < 10_000;
    return String.format(Locale.ROOT, plain ? "%.3f" : "%.2e", value);
  }

  private static String scientific(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }
}
