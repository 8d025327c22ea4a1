package io.espalier.common.spec;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.ValueType.Choice;
import io.espalier.common.spec.ValueType.Decimal;
import io.espalier.common.spec.ValueType.Flag;
import io.espalier.common.spec.ValueType.Several;
import io.espalier.common.spec.ValueType.Structure;
import io.espalier.common.spec.ValueType.Text;
import io.espalier.common.spec.ValueType.Whole;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Every key of the specification with its type, default and meaning (those of {@code training} in
 * {@link TrainingKeys}): the one place for defaults.
 */
public final class SpecKeys {
  static final String TRAINING = "training.";

  private static final Structure FILE =
      new Structure("the path of a file of JSON rows, path#N for N rows of it, or a list of these");
  private static final Flag FLAG = new Flag();
  private static final Text METRIC =
      new Text("[a-z0-9_]+", "train_loss or <set>_<metric> such as eval_loss");
  private static final Whole COUNT = Whole.between(1, 32_768);
  private static final Whole COUNT_FROM_0 = Whole.between(0, 32_768);
  private static final Map<String, SpecKey> KEYS = fill();

  private SpecKeys() {}

  /** All keys, in the order they are documented in; a section comes before its keys. */
  public static List<SpecKey> all() {
    return List.copyOf(KEYS.values());
  }

  static Optional<SpecKey> find(String path) {
    return Optional.ofNullable(KEYS.get(path));
  }

  /** A key that exists, or the program is wrong. */
  static SpecKey get(String path) {
    return find(path)
        .orElseThrow(() -> new IllegalArgumentException("no key " + path + " in the table"));
  }

  /** Names of the keys directly in a section, in the table's order, those to come last. */
  static List<String> namesIn(String section) {
    return KEYS.values().stream()
        .filter(key -> key.section().equals(section))
        .sorted(Comparator.comparing(key -> !key.supported()))
        .map(SpecKey::name)
        .toList();
  }

  private static Map<String, SpecKey> fill() {
    var rows = new KeyRows();
    top(rows);
    dataset(rows);
    TrainingKeys.fill(rows);
    search(rows);
    objective(rows);
    rules(rows);
    resources(rows);
    var keys = new LinkedHashMap<String, SpecKey>();
    rows.rows().forEach(key -> keys.put(key.path(), key));
    return Collections.unmodifiableMap(keys);
  }

  private static void top(KeyRows rows) {
    rows.optional(
        "name",
        new Text(
            "[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
            "up to 64 letters, digits, '.', '_' and '-', a letter or digit first"),
        "the sweep's name; by default the file's");
    rows.required("model", new Structure("a path"), "directory of a HuggingFace model");
  }

  private static void dataset(KeyRows rows) {
    rows.section("dataset", "the rows to train and to evaluate on");
    rows.required("dataset.train", FILE, "rows to train on");
    rows.optional(
        "dataset.eval",
        new Structure("a path, a list of paths, or a number above 0 and below 1"),
        "rows to evaluate on: files, or the share of the training rows to split off");
    rows.optional("dataset.retention", FILE, "rows the model must not forget");
    rows.optional(
        "dataset.system",
        new Text("(?s).*\\S.*", "a text"),
        "the system prompt of rows that have none");
    rows.optional(
        "dataset.replace",
        new Structure("names with their text, or with a pair [zh, en]"),
        "what {{NAME}} stands for in the rows; a pair is chosen by a row's tag");
    rows.key("dataset.shuffle", FLAG, "true", "whether each epoch has an order of its own");
    rows.optional(
        "dataset.order_by",
        new Text(Curriculum.FORM, "length, or field:NAME of a number in the rows"),
        "sorts each epoch's rows, smallest first; equal ones stay as shuffle has them");
    rows.key(
        "dataset.data_seed",
        Whole.between(0, Long.MAX_VALUE),
        "42",
        "seed of the order, the split and the samples");
    rows.key("dataset.on_bad_sample", Choice.of("fail", "skip"), "fail", "what a broken row does");
  }

  private static void search(KeyRows rows) {
    rows.section("search", "which points are tried");
    rows.key(
        "search.method",
        Choice.of("grid", "random", "points", "halton", "sobol", "tpe")
            .orLater("bayes", "cmaes", "hyperband", "pbt"),
        "grid",
        "every combination, random draws, the points listed, draws that fill the space evenly, or"
            + " those that earlier results speak for");
    rows.optional(
        "search.trials", Whole.between(1, 1_000_000), "for all but grid and points: how many");
    rows.key(
        "search.seed",
        Whole.between(0, Long.MAX_VALUE),
        "42",
        "of what is drawn: the same seed gives the same trials");
    rows.key(
        SearchSection.REPEATS,
        Whole.between(1, 1000),
        "1",
        "trains each point with so many seeds, counted on from training.seed");
    rows.key(
        "search.skip_dominated",
        FLAG,
        "false",
        "does not try what a lower learning rate that came apart speaks against; else last");
    rows.optional(
        "search.space",
        new Structure(
            "keys of training, each with a list or one of {log_uniform: [a, b]}, {uniform: [a,"
                + " b]}, {int: [a, b]}, {choice: [...]}, and there when: {other_key: value}"),
        "the values each key may take");
    rows.optional(
        "search.points",
        new Structure("a list of points, each with values for some keys of training"),
        "for points: what is tried");
    rows.optional(
        "search.constraints",
        new Structure("expressions of keys, such as \"learning_rate * num_train_epochs <= 0.02\""),
        "what all points must be like; others are left out");
    rows.key(
        "search.scale_learning_rate_with",
        Choice.of("none", "batch"),
        "none",
        "batch: learning rates are for the smallest effective batch and grow with it");
    rows.key(
        "search.scale_rule",
        Choice.of("auto", "sqrt", "linear"),
        "auto",
        "how they grow: by the root of the batch for Adam, as it does for SGD");
  }

  private static void objective(KeyRows rows) {
    rows.section("objective", "what ranks the trials");
    rows.optional(
        "objective.metric", METRIC, "by default eval_loss, or train_loss without dataset.eval");
    rows.optional(
        "objective.mode",
        Choice.of("min", "max"),
        "by default the way that is better for the metric");
    rows.optional(
        "objective.at",
        Choice.of("last", "best"),
        "which evaluation ranks a trial and gives its adapter; by default best with early_stopping,"
            + " else last");
    rows.optional(
        "objective.constraints",
        new Structure("metrics with a bound such as \">= 0.6\""),
        "a trial that breaks one ranks below all that break none");
    rows.section("evaluation", "when and what is measured on the evaluation sets");
    rows.key(
        "evaluation.every",
        Choice.of("epoch", "off"),
        "epoch",
        "when loss and token_accuracy are measured before a trial's end; see training.eval_steps");
    rows.key(
        "evaluation.answers",
        Choice.of("end", "epoch"),
        "end",
        "when answers are generated for the other metrics: it takes time");
    rows.later("evaluation.at_end", FLAG, "true", "everything once more at a trial's end");
    rows.key(
        "evaluation.metrics",
        new Several(
            Choice.of(Arrays.stream(Metric.values()).map(Metric::word).toArray(String[]::new))),
        EvaluationSpec.STANDARD.stream().map(Metric::word).collect(Collectors.joining(", ")),
        "on each set, named <set>_<metric>");
    rows.key(
        "evaluation.max_new_tokens", Whole.between(1, 4_096), "64", "longest generated answer");
  }

  private static void rules(KeyRows rows) {
    guard(rows);
    pruning(rows);
    rows.rule("early_stopping", "off", "ends a trial whose metric gets no better");
    rows.optional(
        "early_stopping.metric",
        METRIC,
        "measured at every epoch; by default the objective where it is, else its set's loss");
    rows.key("early_stopping.patience", Whole.between(1, 10_000), "3", "evaluations in a row");
    rows.key("early_stopping.min_delta", Decimal.atLeast(0), "0", "a smaller gain is none");
  }

  private static void guard(KeyRows rows) {
    Whole updates = Whole.between(1, 10_000);
    rows.rule("guard", "on", "rules on a trial's own numbers, applied at every update");
    rows.rule("guard.non_finite", "on", "kills at a loss or gradient that is NaN or infinite");
    rows.rule("guard.loss_spike", "on", "kills when loss >= factor x its mean, patience times");
    rows.key("guard.loss_spike.factor", Decimal.above(1), "2", "times the mean");
    rows.key("guard.loss_spike.window", Whole.between(2, 10_000), "100", "updates of the mean");
    rows.key("guard.loss_spike.patience", updates, "5", "updates in a row");
    rows.rule("guard.collapse", "on", "kills when the loss is back up and the gradient explodes");
    rows.key("guard.collapse.loss_factor", Decimal.above(0), "0.9", "times the first loss");
    rows.key("guard.collapse.norm_factor", Decimal.above(1), "10", "times the first gradient norm");
    rows.key("guard.collapse.window", updates, "5", "updates looked at");
    rows.rule(
        "guard.vanishing_gradient",
        "on",
        "kills when the loss is still up and the gradient is all but gone");
    rows.key("guard.vanishing_gradient.loss_factor", Decimal.above(0), "0.7", "times the first");
    rows.key(
        "guard.vanishing_gradient.norm_factor",
        Decimal.above(0),
        "0.15",
        "times the first gradient norm");
    rows.key("guard.vanishing_gradient.window", updates, "5", "updates looked at");
    rows.rule("guard.divergence", "on", "kills when the loss's moving average rises for good");
    rows.key("guard.divergence.factor", Decimal.above(1), "1.5", "times its lowest");
    rows.key("guard.divergence.window", updates, "20", "updates that the average is over");
    rows.key("guard.divergence.patience", updates, "10", "updates in a row, also above the first");
    rows.rule("guard.loss_ceiling", "on", "kills when the loss never comes down");
    rows.key("guard.loss_ceiling.ceiling", Decimal.above(0), "10", "of a loss");
    rows.key(
        "guard.loss_ceiling.share",
        new Decimal(0, false, 1, true),
        "0.5",
        "of the window that is above it");
    rows.key("guard.loss_ceiling.window", updates, "100", "updates looked at");
    rows.key("guard.loss_ceiling.after", COUNT_FROM_0, "200", "updates that are not judged");
    rows.rule("guard.gradient_spike", "off", "kills when gradient norms are outliers");
    rows.key("guard.gradient_spike.factor", Decimal.above(1), "5", "times the median");
    rows.key("guard.gradient_spike.z_score", Decimal.above(0), "6", "by median and deviation");
    rows.key("guard.gradient_spike.window", Whole.between(3, 10_000), "100", "updates before");
    rows.key("guard.gradient_spike.patience", updates, "3", "updates in a row");
    rows.rule("guard.gradient_norm", "off", "acts when the gradient norm is above a ceiling");
    rows.key("guard.gradient_norm.ceiling", Decimal.above(0), "100", "norm before clipping");
    rows.key(
        "guard.gradient_norm.action",
        Choice.of("stop", "reduce_lr", "reduce_learning_rate"),
        "stop",
        "kills, or lowers the learning rate from that update on");
    rows.key(
        "guard.gradient_norm.factor",
        new Decimal(0, false, 1, false),
        "0.5",
        "for reduce_lr: times the learning rate, each time");
    rows.key(
        "guard.gradient_norm.cooldown",
        COUNT_FROM_0,
        "20",
        "for reduce_lr: updates until the next time");
    rows.key("guard.gradient_norm.at_most", COUNT_FROM_0, "3", "for reduce_lr: times; 0: any");
    rows.rule("guard.overfit", "off", "ends a trial whose evaluation loss has left its best");
    rows.key("guard.overfit.factor", Decimal.above(1), "1.02", "times its best, as train falls");
    rows.key("guard.overfit.gap", Decimal.above(0), "1", "above the train loss, as a share of it");
    rows.key("guard.overfit.patience", updates, "3", "evaluations in a row");
    rows.rule("guard.looping", "off", "ends a trial whose answers repeat themselves");
    rows.key(
        "guard.looping.share",
        new Decimal(0, false, 1, true),
        "0.5",
        "repetition, loop_rate or copied_rate that is too much");
    rows.key("guard.looping.patience", updates, "2", "evaluations in a row");
  }

  private static void pruning(KeyRows rows) {
    rows.rule("pruning", "off", "a rule across trials that ends the hopeless ones");
    rows.key(
        "pruning.method",
        Choice.of(
            "asha",
            "successive_halving",
            "hyperband",
            "median",
            "percentile",
            "patient",
            "threshold",
            "alto",
            "any_of",
            "all_of"),
        "asha",
        "the rule");
    rows.optional(
        "pruning.metric",
        METRIC,
        "measured at every epoch; by default the objective where it is, else its set's loss");
    rows.key(
        "pruning.unit",
        Choice.of("epochs", "samples", "fraction"),
        "epochs",
        "of the amounts of training below; fraction is a share of a trial's own");
    rows.key(
        "pruning.compare",
        Choice.of("alike", "all"),
        "alike",
        "trials whose learning rate has the same shape over the same length, or all at equal"
            + " amounts of training");
    rows.optional(
        "pruning.rules",
        new Structure("a list of rules, each with a method and its keys"),
        "for any_of and all_of: the rules of which one, or all, must say so");
    rows.optional(
        "pruning.variant",
        Choice.of("stopping", "promotion", "ray", "optuna", "running_average"),
        "of asha: stopping, promotion or ray; of median: optuna or running_average");
    rows.key("pruning.reduction_factor", Whole.between(2, 100), "3", "one in how many goes on");
    rows.key("pruning.min_resource", Decimal.above(0), "1", "the first rung");
    rows.key(
        "pruning.min_early_stopping_rate",
        Whole.between(0, 100),
        "0",
        "for successive_halving: rungs left out at the start");
    rows.key(
        "pruning.bootstrap_count",
        COUNT_FROM_0,
        "0",
        "for successive_halving: so many that come first to a rung end there");
    rows.key(
        "pruning.percentile", new Decimal(0, true, 100, true), "25", "25 keeps the best quarter");
    rows.key(
        "pruning.n_startup_trials", COUNT_FROM_0, "5", "completed ones without which nothing ends");
    rows.key("pruning.n_warmup_steps", Decimal.atLeast(0), "0", "nothing is judged before it");
    rows.key("pruning.interval_steps", Decimal.above(0), "1", "between two judgements");
    rows.key(
        "pruning.min_samples",
        COUNT,
        "3",
        "for running_average: others without which nothing ends");
    rows.key("pruning.latest", FLAG, "false", "judges the last report instead of the best so far");
    rows.key("pruning.patience", COUNT_FROM_0, "3", "for patient: reports that are no better");
    rows.key("pruning.min_delta", Decimal.atLeast(0), "0", "a smaller gain is none");
    rows.optional("pruning.lower", Decimal.ANY, "for threshold: the least");
    rows.optional("pruning.upper", Decimal.ANY, "for threshold: the most");
    rows.key("pruning.after", Decimal.above(0), "1", "for alto: when the best are kept");
    rows.key(
        "pruning.keep", new Decimal(0, false, 1, true), "0.25", "for alto: the share that is kept");
  }

  private static void resources(KeyRows rows) {
    rows.section("resources", "what a trial may use");
    Whole orAuto = new Whole(COUNT.low(), COUNT.high(), List.of("auto"));
    rows.key("resources.slots", orAuto, "auto", "trials at most that a lane trains together");
    rows.key(
        "resources.micro_batch",
        orAuto,
        "auto",
        "rows at most of a trial in a pass; an update takes more passes then");
    rows.later("resources.labels", new Structure("{}"), "{}", "which workers may train it");
    rows.key(
        "resources.share",
        FLAG,
        "true",
        "whether trials that begin alike do so once: a shorter one ends on a longer one's way");
    rows.key(
        "resources.keep_checkpoints",
        COUNT_FROM_0,
        "2",
        "trials that have finished, the best, whose exact state at their end stays, for others to go"
            + " on from");
    rows.section("budget", "what the sweep may use");
    rows.key(
        "budget.max_trials",
        Whole.between(1, BudgetSpec.MOST_TRIALS),
        "1000",
        "more trials are refused");
    rows.optional(
        "budget.max_device_hours",
        new Decimal(0, false, BudgetSpec.MOST_DEVICE_HOURS, true),
        "device time after which the sweep ends with what it has");
    rows.key(
        "reproducible",
        FLAG,
        "false",
        "trains each trial in passes of its own, so that its numbers are the same to the last bit"
            + " whatever is trained beside it");
  }
}
