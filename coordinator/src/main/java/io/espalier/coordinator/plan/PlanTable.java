package io.espalier.coordinator.plan;

import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.pruning.PruningLimits;
import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** A plan as text: what {@code espalier plan} shows. Pure. */
public final class PlanTable {
  /** Longer lists of trials are cut. */
  private static final int NAMED = 12;

  private PlanTable() {}

  /** Ends in a line feed. */
  public static String text(Plan plan) {
    Set<String> space = new LinkedHashSet<>();
    plan.trials().forEach(cost -> space.addAll(cost.config().point().keySet()));
    var columns = new ArrayList<Column>();
    columns.add(Column.right("trial"));
    space.forEach(key -> columns.add(Column.left(key)));
    columns.add(Column.right("effective batch"));
    columns.add(Column.right("updates per epoch"));
    columns.add(Column.right("updates"));
    List<List<String>> rows = plan.trials().stream().map(cost -> row(cost, space)).toList();
    return "%s: %s on %s, %s in all\n\n"
            .formatted(
                plan.sweep(),
                count(plan.trials().size(), "trial"),
                count(plan.samples(), "training row"),
                count(plan.totalUpdates(), "update"))
        + new TextTable(columns, rows).text()
        + leftOut(plan)
        + shared(plan)
        + same(plan)
        + pruning(plan);
  }

  private static List<String> row(Plan.Cost cost, Set<String> space) {
    var cells = new ArrayList<String>();
    cells.add(cost.config().id().toString());
    space.forEach(key -> cells.add(cost.config().point().getOrDefault(key, "–")));
    cells.add(grouped(cost.config().training().effectiveBatch()));
    cells.add(grouped(cost.updatesPerEpoch()));
    cells.add(grouped(cost.updates()));
    return cells;
  }

  private static String leftOut(Plan plan) {
    int constrained = plan.found().constrained();
    int duplicates = plan.found().duplicates();
    int trials = plan.trials().size();
    var out = new StringBuilder();
    boolean listed = plan.asked().isEmpty();
    if (listed && constrained > 0) {
      out.append("\nLeft out: %s by search.constraints\n".formatted(count(constrained, "point")));
    }
    if (listed && duplicates > 0) {
      out.append(
          "\nLeft out: %s that would train as another does\n"
              .formatted(count(duplicates, "point")));
    }
    if (plan.asked().isPresent() && plan.asked().getAsInt() > trials) {
      out.append(
          "\nOnly %s instead of %s: no others were found\n"
              .formatted(count(trials, "trial"), grouped(plan.asked().getAsInt())));
    }
    if (plan.later() > 0) {
      out.append(
          "\nNot listed: %s, proposed as these end\n".formatted(count(plan.later(), "more trial")));
    }
    return out.toString();
  }

  private static String shared(Plan plan) {
    long all = plan.totalUpdates();
    long shared = plan.stages().totalUpdates();
    var out = new StringBuilder();
    if (shared < all) {
      long forks = plan.stages().forks();
      out.append(
          "\nShared: what trials have in common is trained once, on %s%s of %s in all instead of %s: %s less\n"
              .formatted(
                  count(plan.stages().branches().size(), "branch", "branches"),
                  forks == 0 ? "" : ", %s on another's way,".formatted(begin(forks)),
                  count(shared, "update"),
                  grouped(all),
                  share(all - shared, all)));
    }
    if (!plan.instead().isEmpty()) {
      out.append(
          shared < all
              ? "\nMore would be shared"
              : "\nNothing is shared: with this lr_scheduler_type no two trials begin alike");
      out.append("; with ");
      out.append(
          plan.instead().entrySet().stream()
              .map(
                  other ->
                      "%s it would be %s"
                          .formatted(other.getKey(), count(other.getValue(), "update")))
              .collect(Collectors.joining(", with ")));
      out.append(" in all\n");
    }
    return out.toString();
  }

  private static String begin(long forks) {
    return forks == 1 ? "1 of which begins" : grouped(forks) + " of which begin";
  }

  private static String share(long part, long all) {
    return String.format(Locale.ROOT, "%.1f %%", 100.0 * part / all);
  }

  private static String same(Plan plan) {
    if (plan.same().isEmpty()) {
      return "";
    }
    return "\nThe same training (equal but for how the batch is cut): "
        + plan.same().stream().map(PlanTable::named).collect(Collectors.joining("; "))
        + "\n";
  }

  private static String pruning(Plan plan) {
    if (plan.pruning().isEmpty()) {
      return "";
    }
    var out = new StringBuilder();
    PruningSpec pruning = plan.pruning().get();
    var limits = new PruningLimits(pruning, plan.samples());
    String among = pruning.compare() == PruningSpec.Compare.ALL ? "all" : "its like";
    out.append("\nPruned by %s, each trial among %s:\n".formatted(pruning.metric(), among));
    plan.cohorts()
        .forEach(
            (cohort, branches) ->
                out.append(
                    "  %s: %s%s\n"
                        .formatted(
                            cohort,
                            branches(branches),
                            limits
                                .of(cohort, branches.size())
                                .map(text -> ", " + text)
                                .orElse(""))));
    return out.toString();
  }

  /** Trials that share a branch are joined by plus signs. */
  private static String branches(List<List<TrialId>> branches) {
    boolean one = branches.size() == 1 && branches.get(0).size() == 1;
    return listed(
        one,
        branches.stream()
            .map(b -> b.stream().map(TrialId::toString).collect(Collectors.joining("+")))
            .toList());
  }

  private static String named(List<TrialId> trials) {
    return listed(trials.size() == 1, trials.stream().map(TrialId::toString).toList());
  }

  private static String listed(boolean one, List<String> names) {
    String more = names.size() > NAMED ? " and %d more".formatted(names.size() - NAMED) : "";
    return (one ? "trial " : "trials ")
        + names.stream().limit(NAMED).collect(Collectors.joining(", "))
        + more;
  }

  private static String count(long n, String word) {
    return count(n, word, word + "s");
  }

  private static String count(long n, String one, String several) {
    return grouped(n) + " " + (n == 1 ? one : several);
  }

  private static String grouped(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }
}
