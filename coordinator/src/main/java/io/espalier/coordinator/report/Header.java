package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.protocol.DatasetSummary;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * When a sweep ran, on what, and how its trials ended.
 *
 * @param base what was measured of the base model
 * @param savings what was not trained, and why
 * @param outcomes how many trials there are of each outcome
 */
record Header(
    String times, String data, String base, String savings, Map<String, Integer> outcomes) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  static Header of(SweepView view) {
    var outcomes = new LinkedHashMap<String, Integer>();
    for (String word :
        List.of(
            "completed",
            "pruned",
            "killed",
            "failed",
            "stopped",
            "running",
            "resting",
            "waiting")) {
      outcomes.put(word, 0);
    }
    view.trials().forEach(trial -> outcomes.merge(SweepTable.outcome(trial), 1, Integer::sum));
    outcomes.values().removeIf(count -> count == 0);
    return new Header(
        times(view),
        view.dataset().map(Header::data).orElse(""),
        base(view),
        Savings.of(view).text(),
        outcomes);
  }

  String text() {
    var lines = new ArrayList<String>(List.of(times));
    if (!data.isEmpty()) {
      lines.add(data);
    }
    lines.addAll(Stream.of(base, savings).filter(line -> !line.isEmpty()).toList());
    if (!outcomes.isEmpty()) {
      lines.add(
          outcomes.entrySet().stream()
              .map(count -> count.getValue() + " " + count.getKey())
              .collect(Collectors.joining(", ")));
    }
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }

  private static String times(SweepView view) {
    String began =
        "submitted "
            + TIME.format(view.submitted())
            + view.extended().map(more -> ", extended " + TIME.format(more.time())).orElse("");
    return view.ended()
        .map(end -> began + ", ended " + TIME.format(end) + took(view.began(), end))
        .orElse(began);
  }

  private static String took(Instant from, Instant to) {
    long seconds = Duration.between(from, to).toSeconds();
    return ", took " + Numbers.clock(seconds) + (seconds < 3600 ? " min" : " h");
  }

  private static String data(DatasetSummary data) {
    return String.format(
        Locale.ROOT,
        "%,d training rows (%,d tokens), %,d to evaluate on, %,d for retention; base model of %s"
            + " parameters",
        data.samples(),
        data.tokens(),
        data.evalSamples(),
        data.retentionSamples(),
        parameters(data.parameters()));
  }

  private static String base(SweepView view) {
    Map<String, Double> base = view.dataset().map(DatasetSummary::base).orElse(Map.of());
    String numbers =
        MetricNames.inOrder(base.keySet()).stream()
            .map(name -> MetricNames.label(name) + " " + Numbers.text(base.getOrDefault(name, 0.0)))
            .collect(Collectors.joining(", "));
    return numbers.isEmpty() ? "" : "before training: " + numbers;
  }

  private static String parameters(long count) {
    return count >= 1_000_000_000
        ? Numbers.text(count / 1e9) + " billion"
        : count >= 1_000_000
            ? Numbers.text(count / 1e6) + " million"
            : String.format(Locale.ROOT, "%,d", count);
  }
}
