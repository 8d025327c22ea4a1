package io.espalier.coordinator.metrics;

import java.util.List;

/** Every metric of Espalier's own that Prometheus can scrape: the one place for their names. */
public enum ExposedMetric {
  TRIAL_TRAIN_LOSS(
      "espalier_trial_train_loss",
      Kind.GAUGE,
      "Training loss of a trial's newest update; live trials and 60 s after",
      "sweep",
      "trial"),
  TRIAL_EVAL_LOSS(
      "espalier_trial_eval_loss",
      Kind.GAUGE,
      "Loss of a trial's newest evaluation; live trials and 60 s after",
      "sweep",
      "trial"),
  TRIAL_LEARNING_RATE(
      "espalier_trial_learning_rate",
      Kind.GAUGE,
      "Learning rate used by a trial's newest update; live trials and 60 s after",
      "sweep",
      "trial"),
  TRIAL_GRADIENT_NORM(
      "espalier_trial_gradient_norm",
      Kind.GAUGE,
      "Gradient norm before clipping of a trial's newest update; live trials and 60 s after",
      "sweep",
      "trial"),
  TRIAL_PROGRESS(
      "espalier_trial_progress_ratio",
      Kind.GAUGE,
      "Share of a trial's updates that are done, 0 to 1; live trials and 60 s after",
      "sweep",
      "trial"),
  TRIAL_INFO(
      "espalier_trial_info",
      Kind.INFO,
      "What a trial trains with; always 1; live trials and 60 s after",
      "sweep",
      "trial",
      "branch",
      "learning_rate",
      "num_train_epochs",
      "effective_batch"),
  TRIALS("espalier_trials_total", Kind.COUNTER, "Trials that ended", "sweep", "outcome"),
  KILLS("espalier_kills_total", Kind.COUNTER, "Trials ended by a guard", "rule"),
  OUT_OF_MEMORY(
      "espalier_out_of_memory_total",
      Kind.COUNTER,
      "Passes made smaller because memory ran out, once for each branch in them"),
  UPDATES("espalier_updates_total", Kind.COUNTER, "Optimizer updates whose rows arrived"),
  TOKENS("espalier_tokens_total", Kind.COUNTER, "Tokens trained on, padding not counted"),
  METRIC_ROWS("espalier_metric_rows_total", Kind.COUNTER, "Metric rows taken from workers"),
  METRIC_ROWS_REFUSED(
      "espalier_metric_rows_refused_total",
      Kind.COUNTER,
      "Metric rows refused because their attempt no longer counts"),
  SLOTS("espalier_slots", Kind.GAUGE, "Slots of all workers, free or used", "state"),
  WORKERS("espalier_workers", Kind.GAUGE, "Workers registered");

  private final String exposedName;
  private final Kind kind;
  private final String help;
  private final List<String> labels;

  ExposedMetric(String exposedName, Kind kind, String help, String... labels) {
    this.exposedName = exposedName;
    this.kind = kind;
    this.help = help;
    this.labels = List.of(labels);
  }

  /** What Prometheus takes it for. */
  public enum Kind {
    GAUGE,
    COUNTER,
    /** A gauge that is always 1; its labels say something. */
    INFO
  }

  /** As it is scraped. */
  public String exposedName() {
    return exposedName;
  }

  public Kind kind() {
    return kind;
  }

  public String help() {
    return help;
  }

  public List<String> labels() {
    return labels;
  }

  /** What Micrometer turns into {@link #exposedName}: it appends the ending of the kind. */
  String meterName() {
    return switch (kind) {
      case GAUGE -> exposedName;
      case COUNTER -> exposedName.substring(0, exposedName.length() - "_total".length());
      case INFO -> exposedName.substring(0, exposedName.length() - "_info".length()) + ".info";
    };
  }

  /** Label names and these values in turn, as Micrometer takes them. */
  String[] tags(String... values) {
    if (values.length != labels.size()) {
      throw new IllegalArgumentException(exposedName + " has labels " + labels);
    }
    var tags = new String[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      tags[2 * i] = labels.get(i);
      tags[2 * i + 1] = values[i];
    }
    return tags;
  }
}
