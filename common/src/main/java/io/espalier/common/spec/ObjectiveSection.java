package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.ObjectiveSpec.Comparison;
import io.espalier.common.spec.ObjectiveSpec.Constraint;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads {@code objective}: only metrics that this sweep measures can rank its trials. */
record ObjectiveSection(
    SpecTree tree, Problems problems, DatasetSpec dataset, EvaluationSpec evaluation) {
  private static final String METRIC = "objective.metric";
  private static final String CONSTRAINTS = "objective.constraints";
  private static final Pattern BOUND = Pattern.compile("(>=|<=|>|<)\\s*(\\S+?)(\\s*\\*\\s*base)?");

  /** What is measured of the base model before anything is trained. */
  private static final Set<Metric> OF_BASE = Set.of(Metric.LOSS, Metric.TOKEN_ACCURACY);

  ObjectiveSpec read() {
    Set<String> measured = measured();
    String standard = sets().contains("eval") ? "eval_loss" : "train_loss";
    String metric = tree.written(METRIC).orElse(standard);
    if (!measured.contains(metric)) {
      tree.problem(METRIC, notMeasured(metric, measured));
    }
    Mode mode =
        tree.written("objective.mode")
            .map(text -> Mode.valueOf(text.toUpperCase(Locale.ROOT)))
            .orElseGet(() -> Metric.ofSet(metric).map(Metric::better).orElse(Mode.MIN));
    return new ObjectiveSpec(metric, mode, constraints(measured));
  }

  /** {@code train_loss} and {@code <set>_<metric>} of each set there is. */
  private Set<String> measured() {
    var names = new LinkedHashSet<String>();
    names.add("train_loss");
    for (String set : sets()) {
      for (Metric metric : evaluation.metrics()) {
        names.add(set + "_" + metric.word());
      }
    }
    return names;
  }

  private List<String> sets() {
    var sets = new ArrayList<String>();
    if (tree.node("dataset.eval").isPresent()) {
      sets.add("eval");
    }
    if (!dataset.retention().isEmpty()) {
      sets.add("retention");
    }
    return sets;
  }

  private String notMeasured(String metric, Set<String> measured) {
    String set = metric.startsWith("retention_") ? "retention" : "eval";
    Optional<String> near = NearestWord.of(metric, measured);
    String advice =
        metric.startsWith(set + "_") && !sets().contains(set)
            ? "add dataset." + set
            : near.map(n -> "did you mean " + n + "?").orElse("see evaluation.metrics");
    return "%s is not measured by this sweep; expected one of %s; %s"
        .formatted(Problems.quote(metric), String.join(", ", measured), advice);
  }

  private List<Constraint> constraints(Set<String> measured) {
    var constraints = new ArrayList<Constraint>();
    tree.entries(CONSTRAINTS)
        .forEach(
            (metric, entry) -> {
              String path = CONSTRAINTS + "." + Problems.quote(metric);
              if (!measured.contains(metric)) {
                problems.add(entry.key(), path, notMeasured(metric, measured));
              }
              constraint(metric, path, entry.value()).ifPresent(constraints::add);
            });
    return constraints;
  }

  private Optional<Constraint> constraint(String metric, String path, Node value) {
    if (value instanceof ScalarNode scalar) {
      var bound = BOUND.matcher(scalar.getValue().strip());
      if (bound.matches() && ValueType.Decimal.isNumber(bound.group(2))) {
        boolean ofBase = bound.group(3) != null;
        if (ofBase && Metric.ofSet(metric).filter(OF_BASE::contains).isEmpty()) {
          problems.add(
              value,
              path,
              "is not measured of the base model; expected a number, or the loss or token_accuracy of a set; write one");
        }
        return Optional.of(
            new Constraint(
                metric, comparison(bound.group(1)), Double.parseDouble(bound.group(2)), ofBase));
      }
    }
    String written = value instanceof ScalarNode s ? Problems.quote(s.getValue()) : "this";
    problems.add(
        value,
        path,
        "%s is no bound; expected >=, >, <= or < and a number; write it in quotes: \">= 0.6\" or \"<= 1.05 * base\""
            .formatted(written));
    return Optional.empty();
  }

  private static Comparison comparison(String sign) {
    return Arrays.stream(Comparison.values())
        .filter(comparison -> comparison.sign().equals(sign))
        .findFirst()
        .orElseThrow();
  }
}
