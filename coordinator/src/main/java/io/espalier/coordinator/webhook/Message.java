package io.espalier.coordinator.webhook;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.Numbers;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What is sent, as JSON. Pure.
 *
 * @param text one line for people, under the name that chat services read
 * @param event {@code trial_killed}, {@code trial_failed}, {@code worker_lost} or {@code
 *     sweep_ended}
 * @param point the trial's values of what was searched
 * @param verdict the rule of a kill with its values, threshold and update
 * @param state of an ended sweep
 * @param outcomes of its trials: how many by word
 * @param best its best trial
 * @param time when it was journaled
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record Message(
    String text,
    String event,
    Optional<SweepId> sweep,
    Optional<WorkerId> worker,
    Optional<TrialId> trial,
    Optional<Map<String, String>> point,
    Optional<Verdict> verdict,
    Optional<String> reason,
    Optional<String> state,
    Optional<Map<String, Long>> outcomes,
    Optional<TrialId> best,
    Instant time) {

  /** Of a trial that was killed or failed; empty for another end. */
  static Optional<Message> of(SweepId sweep, TrialConfig config, TrialResult result, Instant time) {
    Outcome outcome = result.outcome();
    boolean killed = outcome instanceof Outcome.Killed;
    if (!killed && !(outcome instanceof Outcome.Failed)) {
      return Optional.empty();
    }
    return Optional.of(
        new Message(
            "%s: trial %s (%s) %s: %s"
                .formatted(
                    sweep,
                    config.id(),
                    TrialConfig.text(config.point()),
                    outcome.word(),
                    outcome.reason()),
            "trial_" + outcome.word(),
            Optional.of(sweep),
            Optional.empty(),
            Optional.of(config.id()),
            Optional.of(config.point()),
            Optional.of(outcome)
                .filter(Outcome.Killed.class::isInstance)
                .map(end -> ((Outcome.Killed) end).verdict()),
            Optional.of(outcome.reason()),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            time));
  }

  /** Of a worker that was not heard in time. */
  static Message of(WorkerId worker, String reason, Instant time) {
    return new Message(
        "%s; what it trained goes to others".formatted(reason),
        "worker_lost",
        Optional.empty(),
        Optional.of(worker),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(reason),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        time);
  }

  /** Of a sweep that has ended. */
  static Message of(SweepView view, Instant time) {
    Map<String, Long> outcomes =
        view.trials().stream()
            .flatMap(trial -> trial.result().stream())
            .collect(
                Collectors.groupingBy(
                    result -> result.outcome().word(), TreeMap::new, Collectors.counting()));
    Optional<TrialView> best = Ranking.best(view.objective(), view.trials());
    String state = view.state().name().toLowerCase(Locale.ROOT);
    String counts =
        outcomes.entrySet().stream()
            .map(count -> count.getValue() + " " + count.getKey())
            .collect(Collectors.joining(", "));
    String metric = view.objective().metric();
    String winner =
        best.map(
                trial ->
                    "; best is trial %s, %s %s"
                        .formatted(
                            trial.config().id(),
                            metric,
                            Numbers.text(Ranking.value(metric, trial).orElse(Double.NaN))))
            .orElse("");
    return new Message(
        "%s %s%s: %s%s"
            .formatted(
                view.id(),
                state,
                view.problem().map(problem -> " (" + problem + ")").orElse(""),
                counts.isEmpty() ? "no trials" : counts,
                winner),
        "sweep_ended",
        Optional.of(view.id()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        view.problem(),
        Optional.of(state),
        Optional.of(outcomes),
        best.map(trial -> trial.config().id()),
        time);
  }
}
