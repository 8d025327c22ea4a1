package io.espalier.coordinator.recommendation;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What to make of a sweep's best trial, of those that had their values from the start.
 *
 * @param winner the best trial trained to its end
 * @param better one that is better, and went on from another's checkpoint
 * @param edges keys of which it has the largest or the smallest value that was tried
 * @param sensitivity share of the trials' differences that each key explains by itself
 * @param next values to try around it, the winner's own among them; keys that are not in it stay as
 *     the winner has them
 * @param seeds what repeats say; absent without any
 * @param rows a cheaper trial that the rows do not tell from it; absent with repeats
 */
public record Recommendation(
    TrialId winner,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<TrialId> better,
    List<Edge> edges,
    Map<String, Double> sensitivity,
    @JsonProperty("next_space") Map<String, List<String>> next,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<SeedNoise> seeds,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<RowNoise> rows) {
  public Recommendation {
    edges = List.copyOf(edges);
    sensitivity = Collections.unmodifiableMap(new LinkedHashMap<>(sensitivity));
    next = Collections.unmodifiableMap(new LinkedHashMap<>(next));
  }

  /**
   * The grid's end that the best trial lies at.
   *
   * @param upper whether nothing larger was tried, or nothing smaller
   * @param beyond a value to try; absent where the key has none
   */
  public record Edge(String key, String value, boolean upper, Optional<String> beyond) {}

  /** Empty while no trial has come to its end with a value of the objective. */
  public static Optional<Recommendation> of(SweepView view) {
    SweepView fromTheStart = view.fromTheStart();
    Optional<TrialId> better =
        Ranking.best(view.objective(), view.trials())
            .filter(best -> best.continues().isPresent())
            .map(best -> best.config().id());
    return Ranking.best(view.objective(), fromTheStart.trials())
        .map(best -> of(fromTheStart, best, better));
  }

  private static Recommendation of(SweepView view, TrialView best, Optional<TrialId> better) {
    var edges = new ArrayList<Edge>();
    var next = new LinkedHashMap<String, List<String>>();
    best.config()
        .point()
        .forEach(
            (key, value) ->
                Axis.of(key, view.trials())
                    .ifPresent(
                        axis -> {
                          edge(axis, value).ifPresent(edges::add);
                          List<String> values = around(axis, value);
                          if (values.size() > 1) {
                            next.put(key, values);
                          }
                        }));
    Optional<SeedNoise> seeds = SeedNoise.of(view);
    return new Recommendation(
        best.config().id(),
        better,
        edges,
        Sensitivity.of(view.objective(), view.trials()),
        next,
        seeds,
        seeds.isPresent() ? Optional.empty() : RowNoise.of(view, best));
  }

  private static Optional<Edge> edge(Axis axis, String value) {
    int place = axis.place(value);
    boolean upper = place == axis.values().size() - 1;
    return upper || place == 0
        ? Optional.of(new Edge(axis.key(), value, upper, axis.beyond(upper)))
        : Optional.empty();
  }

  /** The value itself, half the way to its neighbours, and at an edge a step beyond. */
  private static List<String> around(Axis axis, String value) {
    int place = axis.place(value);
    var values = new TreeSet<>(Axis.ascending());
    values.add(value);
    if (place > 0) {
      axis.between(place - 1).ifPresent(values::add);
    } else {
      axis.beyond(false).ifPresent(values::add);
    }
    if (place < axis.values().size() - 1) {
      axis.between(place).ifPresent(values::add);
    } else {
      axis.beyond(true).ifPresent(values::add);
    }
    return List.copyOf(values);
  }

  /** Sentences, a line each. */
  public List<String> lines() {
    var lines = new ArrayList<String>();
    better.ifPresent(
        trial ->
            lines.add(
                "Trial %s went on from another's checkpoint; of those that did not trial %s is the best, and what follows is of them."
                    .formatted(trial, winner)));
    seeds.map(SeedNoise::lines).ifPresent(lines::addAll);
    rows.map(RowNoise::line).ifPresent(lines::add);
    for (Edge edge : edges) {
      lines.add(
          "%s %s is the %s that was tried: a better one may lie beyond%s."
              .formatted(
                  edge.key(),
                  edge.value(),
                  edge.upper() ? "largest" : "smallest",
                  edge.beyond().map(value -> "; try " + value).orElse("")));
    }
    if (edges.isEmpty() && !next.isEmpty()) {
      lines.add("It lies inside the grid, with values on both sides of its own.");
    }
    if (sensitivity.size() > 1) {
      lines.add(
          "What made the difference: "
              + sensitivity.entrySet().stream()
                  .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                  .map(
                      share ->
                          String.format(
                              Locale.ROOT, "%s %.0f %%", share.getKey(), 100 * share.getValue()))
                  .collect(Collectors.joining(", "))
              + " of the trials' order, each by itself.");
    }
    return lines;
  }
}
