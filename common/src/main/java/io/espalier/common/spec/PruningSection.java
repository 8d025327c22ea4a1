package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads {@code pruning}. */
record PruningSection(
    SpecTree tree, DatasetSpec dataset, EvaluationSpec evaluation, ObjectiveSpec objective) {
  private static final Set<String> HALVING = Set.of("compare", "reduction_factor", "min_resource");

  /** Keys that count with a method, beside those that count with all. */
  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "asha", Set.of("compare", "reduction_factor", "min_resource", "variant"),
          "hyperband", HALVING,
          "successive_halving",
              Set.of(
                  "compare",
                  "reduction_factor",
                  "min_resource",
                  "min_early_stopping_rate",
                  "bootstrap_count"),
          "median",
              Set.of(
                  "compare",
                  "variant",
                  "n_startup_trials",
                  "n_warmup_steps",
                  "interval_steps",
                  "min_samples",
                  "latest"),
          "percentile",
              Set.of(
                  "compare",
                  "percentile",
                  "n_startup_trials",
                  "n_warmup_steps",
                  "interval_steps",
                  "latest"),
          "patient", Set.of("patience", "min_delta"),
          "threshold", Set.of("lower", "upper", "n_warmup_steps", "interval_steps"),
          "alto", Set.of("compare", "after", "keep"),
          "any_of", Set.of("compare", "rules"),
          "all_of", Set.of("compare", "rules"));

  private static final Set<String> ALWAYS = Set.of("method", "metric", "unit");
  private static final String RULES = "pruning.rules";

  Optional<PruningSpec> read() {
    if (!tree.on("pruning")) {
      return Optional.empty();
    }
    String metric = metric();
    check(metric);
    PruningRule.Part whole = part();
    return Optional.of(
        new PruningSpec(
            metric,
            mode(metric),
            whole.rule(),
            whole.unit(),
            PruningSpec.Compare.valueOf(text("compare").toUpperCase(Locale.ROOT)),
            constraints()));
  }

  /** Those that can be looked at whenever the metric is. */
  private List<ObjectiveSpec.Constraint> constraints() {
    List<String> comparable = RuleSections.comparable(tree, dataset, evaluation);
    return objective.constraints().stream()
        .filter(constraint -> comparable.contains(constraint.metric()))
        .toList();
  }

  private PruningRule.Part part() {
    String method = text("method");
    SpecKeys.namesIn("pruning").stream()
        .filter(name -> tree.node("pruning." + name).isPresent())
        .filter(
            name -> !ALWAYS.contains(name) && !KEYS.getOrDefault(method, Set.of()).contains(name))
        .forEach(
            name ->
                tree.problem(
                    "pruning." + name,
                    "counts for nothing with method %s; expected %s beside it; remove it or choose another method"
                        .formatted(
                            method,
                            String.join(
                                ", ",
                                KEYS.getOrDefault(method, Set.of()).stream().sorted().toList()))));
    return new PruningRule.Part(
        rule(method), PruningSpec.Unit.valueOf(text("unit").toUpperCase(Locale.ROOT)));
  }

  /** Those under {@code rules}, each written as {@code pruning} itself is. */
  private List<PruningRule.Part> parts() {
    var parts = new ArrayList<PruningRule.Part>();
    if (tree.node(RULES).filter(SequenceNode.class::isInstance).isEmpty()) {
      tree.problem(
          RULES,
          "is no list of rules; expected two or more such as [{method: asha}, {method: patient}];"
              + " write it");
      return parts;
    }
    for (Node element : ((SequenceNode) tree.node(RULES).get()).getValue()) {
      if (element instanceof MappingNode rule) {
        SpecTree below = tree.under("pruning", rule);
        for (String name : List.of("pruning.metric", "pruning.compare")) {
          if (below.node(name).isPresent()) {
            below.problem(name, "is that of all rules; expected it beside rules; move it there");
          }
        }
        PruningRule.Part part = new PruningSection(below, dataset, evaluation, objective).part();
        if (part.rule() instanceof PruningRule.AshaPromotion) {
          below.problem(
              "pruning.variant",
              "promotion decides who goes on, which is for one rule alone; expected stopping or"
                  + " ray among rules; choose one");
        }
        parts.add(part);
      } else {
        tree.problem(RULES, "holds what is no rule; expected {method: asha, ...}; write it so");
      }
    }
    return parts;
  }

  private PruningRule rule(String method) {
    return switch (method) {
      case "hyperband" ->
          new PruningRule.Hyperband(whole("reduction_factor"), decimal("min_resource"));
      case "successive_halving" ->
          new PruningRule.SuccessiveHalving(
              whole("reduction_factor"),
              decimal("min_resource"),
              whole("min_early_stopping_rate"),
              whole("bootstrap_count"));
      case "median" ->
          variant(method).equals("running_average")
              ? new PruningRule.RunningAverage(
                  decimal("n_warmup_steps"), whole("min_samples"), flag("latest"))
              : percentile(50);
      case "percentile" -> percentile(decimal("percentile"));
      case "patient" -> new PruningRule.Patient(whole("patience"), decimal("min_delta"));
      case "threshold" -> threshold();
      case "any_of" -> new PruningRule.AnyOf(parts());
      case "all_of" -> new PruningRule.AllOf(parts());
      case "alto" -> new PruningRule.Alto(decimal("after"), decimal("keep"));
      default -> asha(variant(method), whole("reduction_factor"), decimal("min_resource"));
    };
  }

  private static PruningRule asha(String variant, int reductionFactor, double minResource) {
    return switch (variant) {
      case "ray" -> new PruningRule.RayAsha(reductionFactor, minResource);
      case "promotion" -> new PruningRule.AshaPromotion(reductionFactor, minResource);
      default -> new PruningRule.Asha(reductionFactor, minResource);
    };
  }

  private PruningRule percentile(double percentile) {
    return new PruningRule.Percentile(
        percentile,
        whole("n_startup_trials"),
        decimal("n_warmup_steps"),
        decimal("interval_steps"),
        flag("latest"));
  }

  private PruningRule threshold() {
    double lower = bound("lower", Double.NEGATIVE_INFINITY);
    double upper = bound("upper", Double.POSITIVE_INFINITY);
    if (Double.isInfinite(lower) && Double.isInfinite(upper) || lower > upper) {
      tree.problem(
          "pruning",
          "threshold has no bounds to go by; expected pruning.lower, pruning.upper or both, the"
              + " lower one not above the other; write them");
    }
    return new PruningRule.Threshold(
        lower, upper, decimal("n_warmup_steps"), decimal("interval_steps"));
  }

  private double bound(String name, double none) {
    return tree.written("pruning." + name).map(Double::valueOf).orElse(none);
  }

  /** Of asha or median; by default the first. */
  private String variant(String method) {
    List<String> known =
        method.equals("asha")
            ? List.of("stopping", "promotion", "ray")
            : List.of("optuna", "running_average");
    String variant = tree.written("pruning.variant").orElse(known.get(0));
    if (!known.contains(variant)) {
      tree.problem(
          "pruning.variant",
          "%s is no variant of %s; expected %s; choose one"
              .formatted(Problems.quote(variant), method, String.join(" or ", known)));
    }
    return variant;
  }

  private String metric() {
    List<String> comparable = RuleSections.comparable(tree, dataset, evaluation);
    return tree.written("pruning.metric")
        .orElseGet(() -> RuleSections.standard(comparable, objective.metric()));
  }

  private ObjectiveSpec.Mode mode(String metric) {
    return metric.equals(objective.metric())
        ? objective.mode()
        : Metric.ofSet(metric).map(Metric::better).orElse(ObjectiveSpec.Mode.MIN);
  }

  /** Complains where the metric is not measured often enough. */
  private void check(String metric) {
    List<String> comparable = RuleSections.comparable(tree, dataset, evaluation);
    if (comparable.isEmpty()) {
      tree.problem(
          "pruning",
          "has nothing to compare; expected a metric of an evaluation set at every epoch; set"
              + " dataset.eval, evaluation.every: epoch and loss in evaluation.metrics");
    } else if (!comparable.contains(metric)) {
      tree.problem(
          "pruning.metric",
          "%s is not measured at every epoch; expected one of %s; evaluation.metrics and evaluation.answers: epoch add more"
              .formatted(Problems.quote(metric), String.join(", ", comparable)));
    }
  }

  private String text(String name) {
    return tree.text("pruning." + name);
  }

  private int whole(String name) {
    return Math.toIntExact(tree.whole("pruning." + name));
  }

  private double decimal(String name) {
    return tree.decimal("pruning." + name);
  }

  private boolean flag(String name) {
    return tree.flag("pruning." + name);
  }
}
