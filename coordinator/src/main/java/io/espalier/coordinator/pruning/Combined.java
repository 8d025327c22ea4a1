package io.espalier.coordinator.pruning;

import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Several rules of which some must agree at one report. Each sees all that was reported, also of
 * branches that another one ended.
 *
 * @param needed rules that must say so: 1 for any, as many as there are for all
 */
record Combined(String metric, List<Pruner> pruners, int needed) implements Pruner {
  Combined {
    pruners = List.copyOf(pruners);
  }

  @Override
  public Optional<Verdict> judge(BranchId branch, Curve.Point fresh, Map<BranchId, Curve> before) {
    List<Verdict> against =
        pruners.stream()
            .flatMap(pruner -> pruner.judge(branch, fresh, before).stream())
            .limit(needed)
            .toList();
    if (against.size() < needed) {
      return Optional.empty();
    }
    Verdict first = against.get(0);
    return Optional.of(
        new Verdict(
            against.stream().map(Verdict::rule).collect(Collectors.joining(" and ")),
            first.update(),
            first.value(),
            first.threshold(),
            first.window(),
            against.stream().map(Verdict::sentence).collect(Collectors.joining("; "))));
  }
}
