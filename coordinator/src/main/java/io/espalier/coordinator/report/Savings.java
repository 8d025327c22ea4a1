package io.espalier.coordinator.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where the updates of a sweep's trials went. Pure.
 *
 * @param asked of all trials together, each alone
 * @param trained as they were, each once
 * @param saved by kind, in the order told: {@code shared}, then outcomes of trials that ended early
 */
public record Savings(long asked, long trained, Map<String, Long> saved) {
  private static final List<String> EARLY =
      List.of("pruned", "killed", "early_stopped", "stopped", "failed");

  /** Of the trials that have ended. */
  public static Savings of(SweepView view) {
    List<TrialView> ended =
        view.trials().stream().filter(trial -> trial.result().isPresent()).toList();
    long asked = ended.stream().mapToLong(TrialView::updates).sum();
    var early = new LinkedHashMap<String, Long>();
    EARLY.forEach(word -> early.put(word, 0L));
    ended.forEach(
        trial -> early.merge(SweepTable.outcome(trial), trial.updates() - done(trial), Long::sum));
    long done = ended.stream().mapToLong(Savings::done).sum();
    long trained =
        ended.stream()
            .collect(
                Collectors.groupingBy(
                    TrialView::branch,
                    Collectors.mapping(
                        trial -> done(trial) - begun(trial), Collectors.reducing(0L, Math::max))))
            .values()
            .stream()
            .mapToLong(Long::longValue)
            .sum();
    var saved = new LinkedHashMap<String, Long>();
    saved.put("shared", done - trained);
    saved.putAll(early);
    saved.values().removeIf(updates -> updates <= 0);
    return new Savings(asked, trained, saved);
  }

  private static long done(TrialView trial) {
    return trial.result().orElseThrow().updates();
  }

  /** Updates that its branch has from another one, as far as it came. */
  private static long begun(TrialView trial) {
    return trial.fork().map(fork -> Math.min(fork.update(), done(trial))).orElse(0L);
  }

  /** One line; empty where nothing was saved. */
  String text() {
    if (saved.isEmpty()) {
      return "";
    }
    return "updates: %s asked for, %s trained; not trained: %s"
        .formatted(
            number(asked),
            number(trained),
            saved.entrySet().stream()
                .map(
                    kind ->
                        "%s %s (%.0f %%)"
                            .formatted(
                                number(kind.getValue()),
                                kind.getKey().replace('_', ' '),
                                100.0 * kind.getValue() / asked))
                .collect(Collectors.joining(", ")));
  }

  private static String number(long updates) {
    return String.format(Locale.ROOT, "%,d", updates);
  }
}
