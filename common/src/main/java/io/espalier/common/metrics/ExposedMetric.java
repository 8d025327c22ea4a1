package io.espalier.common.metrics;

import java.util.List;

/**
 * Every metric of Espalier's own that Prometheus can scrape: the one place for their names. Those
 * that begin with {@code espalier_worker_} are a worker's, the others the coordinator's.
 */
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
  UPDATE_SECONDS(
      "espalier_update_seconds", Kind.HISTOGRAM, "Time of an optimizer update of one branch"),
  METRIC_ROWS_REFUSED(
      "espalier_metric_rows_refused_total",
      Kind.COUNTER,
      "Metric rows refused because their attempt no longer counts"),
  SWEEPS("espalier_sweeps", Kind.GAUGE, "Sweeps that have not ended", "state"),
  BRANCHES(
      "espalier_branches",
      Kind.GAUGE,
      "Branches of sweeps that have not ended: waiting for a slot, leased, or resting until they"
          + " are promoted",
      "state"),
  SWEEP_DEVICE_SECONDS(
      "espalier_sweep_device_seconds",
      Kind.GAUGE,
      "Device time that has gone into a sweep, up to its newest checkpoints and results; unfinished"
          + " sweeps and 60 s after",
      "sweep"),
  SWEEP_UPDATES_SAVED(
      "espalier_sweep_updates_saved",
      Kind.GAUGE,
      "Updates of trials that have ended which were not trained, by what saved them; unfinished"
          + " sweeps and 60 s after",
      "sweep",
      "by"),
  LEADERBOARD(
      "espalier_leaderboard",
      Kind.GAUGE,
      "Objective of a sweep's ten best trials; unfinished sweeps and 60 s after",
      "sweep",
      "rank",
      "trial"),
  LEASES_LOST(
      "espalier_leases_lost_total",
      Kind.COUNTER,
      "Leases that came to nothing: the attempt failed, its worker is gone, or it was given back",
      "kind"),
  CHECKPOINTS("espalier_checkpoints_total", Kind.COUNTER, "Checkpoints that were journaled"),
  JOURNAL_SECONDS(
      "espalier_journal_seconds",
      Kind.HISTOGRAM,
      "Time until events of a sweep are in the journal"),
  TERM(
      "espalier_term",
      Kind.GAUGE,
      "Number of the term in which this coordinator is active: it grows with each fail-over; 0 while"
          + " it stands by"),
  STORE_FREE("espalier_store_free_bytes", Kind.GAUGE, "Room on the store's file system"),
  SLOTS("espalier_slots", Kind.GAUGE, "Slots of all workers, free or used", "state"),
  SLOTS_WANTED(
      "espalier_slots_wanted",
      Kind.GAUGE,
      "Slots that unfinished sweeps could use now: their leases, and the branches that may begin"
          + " (of a paused sweep none); what to scale workers by"),
  WORKERS("espalier_workers", Kind.GAUGE, "Workers registered"),
  WORKERS_QUARANTINED(
      "espalier_workers_quarantined", Kind.GAUGE, "Workers that get no trials for now"),
  WORKER_BRANCHES("espalier_worker_branches", Kind.GAUGE, "Branches that this worker trains"),
  WORKER_UPDATES(
      "espalier_worker_updates_total", Kind.COUNTER, "Optimizer updates that this worker made"),
  WORKER_PACKING_SAVED(
      "espalier_worker_packing_saved_seconds",
      Kind.GAUGE,
      "Seconds that training branches together has saved, against one after another at the speed"
          + " measured of one alone"),
  WORKER_EVALUATION_SECONDS(
      "espalier_worker_evaluation_seconds",
      Kind.HISTOGRAM,
      "Time of an evaluation; of those that are made together the first has it all"),
  WORKER_CHECKPOINT_SECONDS(
      "espalier_worker_checkpoint_seconds", Kind.HISTOGRAM, "Time of writing a checkpoint"),
  WORKER_CHECKPOINT_BYTES(
      "espalier_worker_checkpoint_bytes_total", Kind.COUNTER, "Bytes of checkpoints written"),
  WORKER_CHECKPOINT_FAILURES(
      "espalier_worker_checkpoint_failures_total",
      Kind.COUNTER,
      "Checkpoints that could not be written; training went on"),
  WORKER_SPOOL_ROWS(
      "espalier_worker_spool_rows",
      Kind.GAUGE,
      "Metric rows that the coordinator has not acknowledged yet"),
  WORKER_CONNECTED(
      "espalier_worker_connected", Kind.GAUGE, "Whether a coordinator has this worker registered"),
  WORKER_MEMORY(
      "espalier_worker_memory_bytes", Kind.GAUGE, "Resident memory of the process that trains"),
  WORKER_GPU_MEMORY_USED(
      "espalier_worker_gpu_memory_used_bytes",
      Kind.GAUGE,
      "Memory of the GPU in use, by all processes; workers with a GPU only"),
  WORKER_GPU_MEMORY(
      "espalier_worker_gpu_memory_bytes",
      Kind.GAUGE,
      "Memory that the GPU has; workers with a GPU only"),
  WORKER_GPU_UTILIZATION(
      "espalier_worker_gpu_utilization_ratio",
      Kind.GAUGE,
      "Share of the time in which the GPU was busy, 0 to 1; workers with a GPU only");

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
    /** Of seconds. */
    HISTOGRAM,
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
  public String meterName() {
    return switch (kind) {
      case GAUGE -> exposedName;
      case COUNTER -> exposedName.substring(0, exposedName.length() - "_total".length());
      case HISTOGRAM -> exposedName.substring(0, exposedName.length() - "_seconds".length());
      case INFO -> exposedName.substring(0, exposedName.length() - "_info".length()) + ".info";
    };
  }

  /** Label names and these values in turn, as Micrometer takes them. */
  public String[] tags(String... values) {
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
