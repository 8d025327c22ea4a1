package io.espalier.coordinator.search;

import io.espalier.common.UserError;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The trials of a sweep. */
public final class Search {
  private Search() {}

  /**
   * @return numbered from 0, in the order of their numbers
   * @throws UserError when there are more than the budget allows
   */
  public static List<TrialConfig> trials(SweepSpec spec) {
    SearchSpec search = spec.search();
    if (search.size() > spec.maxTrials()) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: search makes %,d trials; expected at most budget.max_trials, %,d; try fewer or"
                  + " raise it",
              spec.name(),
              search.size(),
              spec.maxTrials()));
    }
    List<Map<String, String>> points =
        switch (search.method()) {
          case GRID -> GridSearch.points(search);
          case RANDOM -> RandomSearch.points(search);
        };
    var trials = new ArrayList<TrialConfig>();
    for (Map<String, String> point : points) {
      trials.add(trial(spec, new TrialId(trials.size()), point));
    }
    return List.copyOf(trials);
  }

  private static TrialConfig trial(SweepSpec spec, TrialId id, Map<String, String> point) {
    var changes = new LinkedHashMap<String, String>();
    if (spec.search().automaticAccumulation()) {
      changes.put("gradient_accumulation_steps", "auto");
    }
    changes.putAll(point);
    return new TrialConfig(id, point, spec.hyperparameters().with(changes).training());
  }
}
