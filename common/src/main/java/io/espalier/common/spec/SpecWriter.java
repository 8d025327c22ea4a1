package io.espalier.common.spec;

import io.espalier.common.spec.ValueType.Decimal;
import io.espalier.common.spec.ValueType.Flag;
import io.espalier.common.spec.ValueType.Pairs;
import io.espalier.common.spec.ValueType.Several;
import io.espalier.common.spec.ValueType.Whole;
import io.espalier.common.trial.Training;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * Writes specifications: of one trial, which trains it again and nothing else, or of a search
 * around one. They have no pruning, which is not among what all trials share.
 */
public final class SpecWriter {
  /** A search has at least one key. */
  private static final String SEARCHED = "learning_rate";

  private SpecWriter() {}

  /**
   * One trial as YAML, with every key that counts; paths are as absolute as the settings have them.
   */
  public static String oneTrial(TaskSettings settings, Training training) {
    Map<String, Object> keys = training(training);
    Object searched = Optional.ofNullable(keys.remove(SEARCHED)).orElseThrow();
    return text(
        new LinkedHashMap<>(),
        settings,
        keys,
        Map.of("space", Map.of(SEARCHED, List.of(searched))),
        settings.best().map(SpecWriter::objective));
  }

  /**
   * A grid around a trial.
   *
   * @param name of the sweep
   * @param space keys of {@code training} with the values to try; the others are the trial's
   * @param repeats seeds for each point, counted on from the trial's
   */
  public static String around(
      String name,
      TaskSettings settings,
      Training training,
      Map<String, List<String>> space,
      int repeats,
      ObjectiveSpec objective) {
    Map<String, Object> keys = training(training);
    var values = new LinkedHashMap<String, Object>();
    space.forEach(
        (key, texts) -> {
          keys.remove(key);
          ValueType type = SpecKeys.get(SpecKeys.TRAINING + key).type();
          values.put(key, texts.stream().map(text -> briefly(type, text)).toList());
        });
    var root = new LinkedHashMap<String, Object>();
    root.put("name", name);
    var search = new LinkedHashMap<String, Object>();
    search.put("space", values);
    if (repeats > 1) {
      search.put("repeats", repeats);
    }
    return text(
        root,
        settings,
        keys,
        search,
        Optional.of(objective(objective, settings.best().isPresent())));
  }

  private static String text(
      Map<String, Object> root,
      TaskSettings settings,
      Map<String, Object> training,
      Map<String, ?> search,
      Optional<Map<String, Object>> objective) {
    root.put("model", settings.model());
    root.put("dataset", dataset(settings.dataset()));
    settings.steps().ifPresent(steps -> write(steps, training));
    root.put("training", training);
    root.put("search", search);
    objective.ifPresent(written -> root.put("objective", written));
    root.put("evaluation", evaluation(settings.evaluation()));
    root.put("guard", guard(settings.guard()));
    settings.earlyStopping().ifPresent(rule -> root.put("early_stopping", earlyStopping(rule)));
    settings.passes().ifPresent(passes -> write(passes, root));
    var style =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setWidth(Integer.MAX_VALUE)
            .build();
    return new Dump(style).dumpToString(root);
  }

  private static Map<String, Object> dataset(DatasetSpec dataset) {
    var keys = new LinkedHashMap<String, Object>();
    keys.put("train", files(dataset.train()));
    if (dataset.evalFraction().isPresent()) {
      keys.put("eval", dataset.evalFraction().getAsDouble());
    } else if (!dataset.eval().isEmpty()) {
      keys.put("eval", files(dataset.eval()));
    }
    if (!dataset.retention().isEmpty()) {
      keys.put("retention", files(dataset.retention()));
    }
    dataset.system().ifPresent(text -> keys.put("system", text));
    if (!dataset.replace().isEmpty()) {
      var values = new LinkedHashMap<String, Object>();
      dataset
          .replace()
          .forEach((name, texts) -> values.put(name, texts.size() == 1 ? texts.get(0) : texts));
      keys.put("replace", values);
    }
    keys.put("shuffle", dataset.shuffle());
    dataset.curriculum().ifPresent(order -> keys.put("order_by", order.toString()));
    keys.put("data_seed", dataset.dataSeed());
    keys.put("on_bad_sample", dataset.skipBadSamples() ? "skip" : "fail");
    return keys;
  }

  private static List<String> files(List<RowSource> sources) {
    return sources.stream().map(RowSource::toString).toList();
  }

  private static Map<String, Object> training(Training training) {
    var keys = new LinkedHashMap<String, Object>();
    Hyperparameters.of(training)
        .texts()
        .forEach(
            (name, text) ->
                keys.put(name, value(SpecKeys.get(SpecKeys.TRAINING + name).type(), text)));
    return keys;
  }

  /** The same, whole numbers without a point. */
  private static Object briefly(ValueType type, String text) {
    Object value = value(type, text);
    return value instanceof Double number && number % 1 == 0 ? (Object) number.longValue() : value;
  }

  /** A text of {@link Hyperparameters} as YAML has it. */
  private static Object value(ValueType type, String text) {
    if (type instanceof Flag) {
      return Boolean.valueOf(text);
    } else if (type instanceof Decimal) {
      return Double.valueOf(text);
    } else if (type instanceof Whole && Decimal.isNumber(text)) {
      return Long.valueOf(text);
    } else if (type instanceof Several) {
      return Several.split(text);
    } else if (type instanceof Pairs pairs) {
      var values = new LinkedHashMap<String, Object>();
      for (String pair : Pairs.split(text)) {
        int colon = pair.indexOf(':');
        values.put(
            pair.substring(0, colon).strip(),
            value(pairs.each(), pair.substring(colon + 1).strip()));
      }
      return values;
    }
    return text;
  }

  private static void write(StepsSpec steps, Map<String, Object> keys) {
    steps.evaluate().ifPresent(updates -> keys.put("eval_steps", updates));
    steps
        .save()
        .ifPresent(
            updates -> {
              keys.put("save_steps", updates);
              keys.put("save_total_limit", steps.kept());
            });
    steps.log().ifPresent(updates -> keys.put("logging_steps", updates));
  }

  private static void write(PassSpec passes, Map<String, Object> root) {
    var resources = new LinkedHashMap<String, Object>();
    passes.slots().ifPresent(slots -> resources.put("slots", slots));
    passes.microBatch().ifPresent(rows -> resources.put("micro_batch", rows));
    if (!resources.isEmpty()) {
      root.put("resources", resources);
    }
    root.put("reproducible", passes.reproducible());
  }

  private static Map<String, Object> objective(BestSpec best) {
    var keys = new LinkedHashMap<String, Object>();
    keys.put("metric", best.metric());
    keys.put("mode", Hyperparameters.word(best.mode()));
    keys.put("at", "best");
    return keys;
  }

  private static Map<String, Object> objective(ObjectiveSpec objective, boolean best) {
    var keys = new LinkedHashMap<String, Object>();
    keys.put("metric", objective.metric());
    keys.put("mode", Hyperparameters.word(objective.mode()));
    keys.put("at", best ? "best" : "last");
    if (!objective.constraints().isEmpty()) {
      var bounds = new LinkedHashMap<String, Object>();
      objective
          .constraints()
          .forEach(
              bound ->
                  bounds.put(
                      bound.metric(),
                      bound.comparison().sign()
                          + " "
                          + bound.bound()
                          + (bound.ofBase() ? " * base" : "")));
      keys.put("constraints", bounds);
    }
    return keys;
  }

  private static Map<String, Object> evaluation(EvaluationSpec evaluation) {
    var keys = new LinkedHashMap<String, Object>();
    keys.put("every", evaluation.everyEpoch() ? "epoch" : "off");
    keys.put("answers", evaluation.answersEveryEpoch() ? "epoch" : "end");
    keys.put("metrics", evaluation.metrics().stream().map(EvaluationSpec.Metric::word).toList());
    keys.put("max_new_tokens", evaluation.maxNewTokens());
    return keys;
  }

  private static Map<String, Object> guard(GuardSpec guard) {
    var keys = new LinkedHashMap<String, Object>();
    keys.put("non_finite", guard.nonFinite() ? Map.of() : "off");
    keys.put(
        "loss_spike",
        rule(
            guard.lossSpike(),
            (rule, of) -> {
              of.put("factor", rule.factor());
              of.put("window", rule.window());
              of.put("patience", rule.patience());
            }));
    keys.put(
        "collapse",
        rule(
            guard.collapse(),
            (rule, of) -> {
              of.put("loss_factor", rule.lossFactor());
              of.put("norm_factor", rule.normFactor());
              of.put("window", rule.window());
            }));
    keys.put(
        "vanishing_gradient",
        rule(
            guard.vanishingGradient(),
            (rule, of) -> {
              of.put("loss_factor", rule.lossFactor());
              of.put("norm_factor", rule.normFactor());
              of.put("window", rule.window());
            }));
    keys.put(
        "gradient_norm",
        rule(
            guard.gradientNorm(),
            (rule, of) -> {
              of.put("ceiling", rule.ceiling());
              of.put("action", rule.factor().isPresent() ? "reduce_lr" : "stop");
              rule.factor()
                  .ifPresent(
                      factor -> {
                        of.put("factor", factor);
                        of.put("cooldown", rule.cooldown());
                        of.put("at_most", rule.atMost());
                      });
            }));
    keys.put(
        "divergence",
        rule(
            guard.divergence(),
            (rule, of) -> {
              of.put("factor", rule.factor());
              of.put("window", rule.window());
              of.put("patience", rule.patience());
            }));
    keys.put(
        "loss_ceiling",
        rule(
            guard.lossCeiling(),
            (rule, of) -> {
              of.put("ceiling", rule.ceiling());
              of.put("share", rule.share());
              of.put("window", rule.window());
              of.put("after", rule.after());
            }));
    keys.put(
        "gradient_spike",
        rule(
            guard.gradientSpike(),
            (rule, of) -> {
              of.put("factor", rule.factor());
              of.put("z_score", rule.zScore());
              of.put("window", rule.window());
              of.put("patience", rule.patience());
            }));
    keys.put(
        "overfit",
        rule(
            guard.overfit(),
            (rule, of) -> {
              of.put("factor", rule.factor());
              of.put("gap", rule.gap());
              of.put("patience", rule.patience());
            }));
    keys.put(
        "looping",
        rule(
            guard.looping(),
            (rule, of) -> {
              of.put("share", rule.share());
              of.put("patience", rule.patience());
            }));
    return keys;
  }

  private static <T> Object rule(Optional<T> rule, BiConsumer<T, Map<String, Object>> parameters) {
    if (rule.isEmpty()) {
      return "off";
    }
    var keys = new LinkedHashMap<String, Object>();
    parameters.accept(rule.get(), keys);
    return keys;
  }

  private static Map<String, Object> earlyStopping(EarlyStoppingSpec rule) {
    var keys = new LinkedHashMap<String, Object>();
    keys.put("metric", rule.metric());
    keys.put("patience", rule.patience());
    keys.put("min_delta", rule.minDelta());
    return keys;
  }
}
