package io.espalier.coordinator.pruning;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Loss curves with the decisions of Optuna 5.0.0's pruners and Ray Tune 2.58.0's schedulers. Each
 * report is judged by the rule of the same name as things stood there: what ended there has ended
 * here.
 */
record Oracle(JsonNode studies) {

  /**
   * A report of a study's trial, and whether it ended the trial.
   *
   * @param rule {@code optuna.median}
   */
  record Decision(
      int study,
      String rule,
      int trial,
      int step,
      double value,
      boolean theirs,
      boolean ours,
      boolean oursWithoutBroken) {
    boolean agrees() {
      return theirs == ours;
    }

    @Override
    public String toString() {
      return "study %d, %s, trial %d, step %d: %s: %s there, %s here"
          .formatted(study, rule, trial, step, value, word(theirs), word(ours));
    }

    private static String word(boolean stops) {
      return stops ? "stops" : "goes on";
    }
  }

  static Oracle read(Optional<Path> file) {
    try (InputStream json =
        file.isPresent()
            ? Files.newInputStream(file.get())
            : Objects.requireNonNull(Oracle.class.getResourceAsStream("oracle.json"))) {
      return new Oracle(new ObjectMapper().readTree(json).get("studies"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether all values of a study are finite. */
  boolean isFinite(int study) {
    for (JsonNode trial : studies.get(study).get("trials")) {
      for (JsonNode value : trial.get("values")) {
        if (!Double.isFinite(number(value))) {
          return false;
        }
      }
    }
    return true;
  }

  List<Decision> decisions() {
    var decisions = new ArrayList<Decision>();
    for (int study = 0; study < studies.size(); study++) {
      for (Map.Entry<String, JsonNode> rule : studies.get(study).get("decisions").properties()) {
        decisions.addAll(replayed(study, rule.getKey(), rule.getValue()));
      }
    }
    return decisions;
  }

  private List<Decision> replayed(int study, String name, JsonNode told) {
    JsonNode keys = told.get("parameters");
    Rule rule = rule(name, keys);
    // Where it ends there anyway, a report says stop.
    double end = keys.has("max_t") ? keys.get("max_t").asDouble() : Double.POSITIVE_INFINITY;
    Map<Integer, Told> trials = new LinkedHashMap<>();
    var decisions = new ArrayList<Decision>();
    for (JsonNode report : told.get("reports")) {
      int trial = report.get(0).asInt();
      int step = report.get(1).asInt();
      boolean theirs = report.get(2).asBoolean();
      JsonNode curve = studies.get(study).get("trials").get(trial);
      Told own = trials.computeIfAbsent(trial, id -> new Told(curve));
      double value = own.value(step);
      own.reports.add(new Report(step, value, Cost.of(value, Mode.MIN, false)));
      if (step < end) {
        decisions.add(
            new Decision(
                study,
                name,
                trial,
                step,
                value,
                theirs,
                stops(rule, own, others(trials, own, false)),
                stops(rule, own, others(trials, own, true))));
      }
      own.after(step, theirs, name.startsWith("ray."));
    }
    return decisions;
  }

  private static List<Track> others(Map<Integer, Told> trials, Told own, boolean withoutBroken) {
    return trials.values().stream()
        .filter(other -> other != own)
        .map(other -> withoutBroken ? other.finite() : other.track())
        .filter(track -> !track.reports().isEmpty())
        .toList();
  }

  /** As a pruner has it: what is not finite ends at once. */
  private static boolean stops(Rule rule, Told own, List<Track> others) {
    return !Double.isFinite(own.track().last().value())
        || rule.judge(own.track(), others).isPresent();
  }

  private static final class Told {
    private final JsonNode curve;
    private final List<Report> reports = new ArrayList<>();
    private boolean completed;

    Told(JsonNode curve) {
      this.curve = curve;
    }

    double value(int step) {
      return number(curve.get("values").get(step - 1));
    }

    Track track() {
      return new Track(reports, completed);
    }

    /** As if it had never told what is not finite. */
    Track finite() {
      List<Report> finite =
          reports.stream().filter(report -> Double.isFinite(report.value())).toList();
      return new Track(finite, completed);
    }

    /** Ray hears a trial's last report a second time when the trial ends. */
    void after(int step, boolean stopped, boolean twice) {
      boolean ended = step == curve.get("steps").asInt();
      completed = ended && !stopped && !Double.isNaN(value(step));
      if (twice && (ended || stopped)) {
        reports.add(reports.get(reports.size() - 1));
      }
    }
  }

  private static Rule rule(String name, JsonNode keys) {
    return switch (name) {
      case "ray.asha", "ray.asha_eta4" ->
          new RayAsha(
              keys.get("reduction_factor").asInt(),
              keys.get("grace_period").asDouble(),
              keys.get("max_t").asDouble());
      case "ray.median_stopping" ->
          new RunningAverage(
              keys.get("grace_period").asDouble(), keys.get("min_samples_required").asInt(), false);
      case "optuna.patient" ->
          new Patient(keys.get("patience").asInt(), keys.get("min_delta").asDouble());
      case "optuna.threshold" ->
          new Threshold(
              keys.get("lower").asDouble(), keys.get("upper").asDouble(), Mode.MIN, interval(keys));
      case "optuna.successive_halving", "optuna.successive_halving_bootstrap" ->
          new SuccessiveHalving(
              keys.get("min_resource").asDouble(),
              keys.get("reduction_factor").asInt(),
              keys.get("min_early_stopping_rate").asInt(),
              keys.get("bootstrap_count").asInt());
      default ->
          new WorseThanCompleted(
              keys.has("percentile") ? keys.get("percentile").asDouble() : 50,
              keys.get("n_startup_trials").asInt(),
              interval(keys),
              false);
    };
  }

  private static Interval interval(JsonNode keys) {
    return new Interval(
        keys.get("n_warmup_steps").asDouble(), keys.get("interval_steps").asDouble());
  }

  private static double number(JsonNode value) {
    return value.isTextual() ? Double.parseDouble(value.asText()) : value.asDouble();
  }
}
