package io.espalier.coordinator.search;

import io.espalier.common.Numbers;
import io.espalier.common.UserError;
import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Optimizer;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The trials of a sweep, and what its search came upon and left out.
 *
 * @param trials numbered from 0, in the order of their numbers
 * @param constrained points that a constraint left out; draws, where they are drawn
 * @param duplicates points that trained exactly as an earlier one
 */
public record Search(List<TrialConfig> trials, int constrained, int duplicates) {
  private static final String RATE = "learning_rate";

  /** Drawn at random before a search that learns has anything to go by, as in Optuna. */
  private static final int FIRST_TRIALS = 10;

  /** Draws in a row that make no other trial, after which there are thought to be none. */
  private static final int PATIENCE = 1000;

  public Search {
    trials = List.copyOf(trials);
  }

  /**
   * @throws UserError when there are more than the budget allows, or none
   */
  public static List<TrialConfig> trials(SweepSpec spec) {
    return of(spec).trials();
  }

  /**
   * @throws UserError when there are more than the budget allows, or none
   */
  public static Search of(SweepSpec spec) {
    SearchSpec search = spec.search();
    if (search.exact() && search.size() > spec.budget().maxTrials()) {
      throw tooMany(spec, search.size(), spec.budget());
    }
    var made = new Making(spec);
    switch (search.method()) {
      case GRID -> GridSearch.points(search).forEach(made::offer);
      case POINTS -> search.points().forEach(made::offer);
      case RANDOM -> made.draw(search.trials(), () -> RandomSearch.point(search, made.offered));
      case HALTON, SOBOL -> made.draw(search.trials(), new QuasiRandomSearch(search)::point);
      case TPE ->
          made.draw(
              Math.min(search.trials(), FIRST_TRIALS),
              () -> RandomSearch.point(search, made.offered));
    }
    if (made.trainings.isEmpty()) {
      throw new UserError(
          "%s: search.constraints leave no point; expected one at least; loosen them"
              .formatted(spec.name()));
    }
    long trials = (long) made.trainings.size() * search.repeats();
    if (trials > spec.budget().maxTrials()) {
      throw tooMany(spec, trials, spec.budget());
    }
    return made.scaled();
  }

  /**
   * The next trials of a search that learns from the earlier ones.
   *
   * @param bestFirst trials that have ended
   * @param running all others
   * @param count at most so many are proposed; fewer where no others are found
   */
  public static List<TrialConfig> proposed(
      SweepSpec spec, List<TrialConfig> bestFirst, List<TrialConfig> running, int count) {
    var made = new Making(spec);
    bestFirst.forEach(trial -> made.offer(trial.point()));
    running.forEach(trial -> made.offer(trial.point()));
    int known = made.trainings.size();
    List<Map<String, String>> ended = bestFirst.stream().map(TrialConfig::point).toList();
    List<Map<String, String>> open =
        new ArrayList<>(running.stream().map(TrialConfig::point).toList());
    var random = new SplittableRandom(spec.search().seed() + ended.size() + open.size());
    int inVain = 0;
    while (made.trainings.size() < known + count && inVain < PATIENCE) {
      Map<String, String> point = TreeParzen.of(spec.search(), ended, open).propose(random);
      int before = made.trainings.size();
      made.offer(point);
      if (made.trainings.size() > before) {
        open.add(point);
        inVain = 0;
      } else {
        inVain++;
      }
    }
    return IntStream.range(known, made.trainings.size())
        .mapToObj(
            at ->
                new TrialConfig(
                    new TrialId(ended.size() + running.size() + at - known),
                    made.points.get(at),
                    made.trainings.get(at)))
        .toList();
  }

  /**
   * Trials beyond those of a sweep: combinations that were tried, with some keys at other values.
   * No rule of the search changes these but its constraints.
   *
   * @param budget what the sweep may use
   * @param first number of the first
   * @param known what would be trained exactly as one of these is left out
   * @param models what is tried with other values
   * @param values of those keys, each with each
   * @throws UserError when there are more than the budget allows, or none
   */
  public static List<TrialConfig> beyond(
      SweepSpec spec,
      BudgetSpec budget,
      int first,
      List<TrialConfig> known,
      List<TrialConfig> models,
      Map<String, List<String>> values) {
    var made = new Making(spec);
    known.forEach(trial -> made.known.add(trial.training()));
    for (TrialConfig model : models) {
      made.offer(model, values);
    }
    return made.beyond(budget, first);
  }

  private static UserError tooMany(SweepSpec spec, long size, BudgetSpec budget) {
    return new UserError(
        String.format(
            Locale.ROOT,
            "%s: search makes %,d trials; expected at most budget.max_trials, %,d; try fewer or raise it",
            spec.name(),
            size,
            budget.maxTrials()));
  }

  /** Points on their way to trials. */
  private static final class Making {
    private final SweepSpec spec;
    private final List<Map<String, String>> points = new ArrayList<>();
    private final List<Training> trainings = new ArrayList<>();
    private final Set<Training> known = new HashSet<>();
    private int offered;
    private int constrained;
    private int duplicates;

    Making(SweepSpec spec) {
      this.spec = spec;
    }

    /** Until there are as many as asked for, or hardly any others can be found. */
    void draw(int count, Supplier<Map<String, String>> next) {
      int inVain = 0;
      while (trainings.size() < count && inVain < PATIENCE) {
        int before = trainings.size();
        offer(next.get());
        inVain = trainings.size() > before ? 0 : inVain + 1;
      }
    }

    void offer(Map<String, String> point) {
      offered++;
      Training training = training(point);
      if (!spec.search().constraints().stream().allMatch(rule -> rule.holds(training))) {
        constrained++;
      } else if (known.add(training)) {
        points.add(point);
        trainings.add(training);
      } else {
        duplicates++;
      }
    }

    /** A trial with some keys at other values, each with each. */
    void offer(TrialConfig model, Map<String, List<String>> values) {
      List<Map<String, String>> points = List.of(model.point());
      for (var key : values.entrySet()) {
        points =
            points.stream()
                .flatMap(point -> key.getValue().stream().map(v -> with(point, key.getKey(), v)))
                .toList();
      }
      points.forEach(this::offer);
    }

    private static Map<String, String> with(Map<String, String> point, String name, String value) {
      var more = new LinkedHashMap<>(point);
      more.put(name, value);
      return more;
    }

    private Training training(Map<String, String> point) {
      var changes = new LinkedHashMap<String, String>();
      if (spec.search().automaticAccumulation()
          && !point.containsKey("gradient_accumulation_steps")) {
        changes.put("gradient_accumulation_steps", "auto");
      }
      changes.putAll(point);
      return spec.hyperparameters().with(changes).training();
    }

    /** Those that are not of the sweep yet. */
    List<TrialConfig> beyond(BudgetSpec budget, int first) {
      if (trainings.isEmpty()) {
        throw new UserError(
            "%s: these values make no trial that was not tried, or that search.constraints allow; expected others"
                .formatted(spec.name()));
      }
      if (first + trainings.size() > budget.maxTrials()) {
        throw tooMany(spec, first + trainings.size(), budget);
      }
      return numberedFrom(first);
    }

    /** As they were offered. */
    List<TrialConfig> numberedFrom(int first) {
      return IntStream.range(0, points.size())
          .mapToObj(
              at -> new TrialConfig(new TrialId(first + at), points.get(at), trainings.get(at)))
          .toList();
    }

    /** With learning rates as their batches have them. */
    Search scaled() {
      Optional<SearchSpec.RateScaling> rule = spec.search().rateScaling();
      int smallest = trainings.stream().mapToInt(Training::effectiveBatch).min().orElse(1);
      var trials = new ArrayList<TrialConfig>();
      for (int i = 0; i < points.size(); i++) {
        Map<String, String> point = new LinkedHashMap<>(points.get(i));
        Training training = trainings.get(i);
        double larger = (double) training.effectiveBatch() / smallest;
        if (rule.isPresent() && larger > 1) {
          boolean sgd = training.optimizer() instanceof Optimizer.Sgd;
          double rate = training.learningRate() * rule.get().factor(larger, sgd);
          point.put(RATE, Numbers.text(rate));
          training = training(point);
        }
        repeat(point, training, trials);
      }
      return new Search(trials, constrained, duplicates);
    }

    /** A trial for each of its seeds, which follow the one that the spec has. */
    private void repeat(Map<String, String> point, Training once, List<TrialConfig> trials) {
      if (spec.search().repeats() == 1) {
        trials.add(new TrialConfig(new TrialId(trials.size()), point, once));
        return;
      }
      for (int i = 0; i < spec.search().repeats(); i++) {
        Map<String, String> seeded = new LinkedHashMap<>(point);
        seeded.put(SearchSpec.SEED, Long.toString(once.seed() + i));
        trials.add(new TrialConfig(new TrialId(trials.size()), seeded, training(seeded)));
      }
    }
  }
}
