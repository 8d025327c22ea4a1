package io.espalier.worker.train;

import io.espalier.common.Numbers;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.RowSource;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.data.BatchPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened to one attempt at a branch, for people: {@code
 * branches/<branch>/<attempt>/trial.log} in the sweep's directory, UTF-8, a line for each event,
 * each beginning with its time in UTC. A log that cannot be written hinders no training.
 */
public final class TrialLog {
  /** In an attempt's directory. */
  public static final String NAME = "trial.log";

  private static final Logger log = LoggerFactory.getLogger(TrialLog.class);

  private final Path file;
  private final Clock clock;
  private boolean broken;

  TrialLog(Lease lease, Clock clock) {
    file = Export.attempt(lease).resolve(NAME);
    this.clock = clock;
  }

  /** Writes down that a branch could not be begun, or broke. */
  public static void refused(Lease lease, String reason) {
    var trialLog = new TrialLog(lease, Clock.systemUTC());
    trialLog.leased(lease);
    trialLog.line("not trained here: " + reason);
  }

  void leased(Lease lease) {
    line(
        "leased: sweep %s, branch %s, attempt %s; %s"
            .formatted(
                lease.sweep(),
                lease.branch().id(),
                lease.attempt(),
                lease.branch().milestones().stream()
                    .map(end -> "trial %s to update %d".formatted(end.trial(), end.update()))
                    .collect(Collectors.joining(", "))));
    lease
        .branch()
        .milestones()
        .forEach(
            end ->
                line(
                    "point of trial %s: %s"
                        .formatted(end.trial(), pairs(lease.branch().config(end).point()))));
    line("training: " + pairs(Hyperparameters.of(lease.branch().config().training()).texts()));
    DatasetSpec dataset = lease.settings().dataset();
    line(
        "files: model %s, train %s, eval %s, retention %s"
            .formatted(
                lease.settings().model(),
                files(dataset.train()),
                dataset.evalFraction().isPresent()
                    ? dataset.evalFraction().getAsDouble() + " of train"
                    : files(dataset.eval()),
                files(dataset.retention())));
  }

  static String files(List<RowSource> files) {
    return files.isEmpty()
        ? "none"
        : files.stream().map(RowSource::toString).collect(Collectors.joining(" + "));
  }

  void origin(DatasetSummary summary, Provenance provenance) {
    line(
        String.format(
            Locale.ROOT,
            "data: %,d rows to train on, %,d tokens, %,d of them targets, the longest %,d; %,d left"
                + " out; eval %,d, retention %,d; sha256 %s",
            summary.samples(),
            summary.tokens(),
            summary.targets(),
            summary.longest(),
            summary.skipped(),
            summary.evalSamples(),
            summary.retentionSamples(),
            summary.dataSha256()));
    summary.leftOut().forEach(reason -> line("warning: " + reason));
    line(
        String.format(
            Locale.ROOT,
            "model: %,d parameters; sha256 %s",
            summary.parameters(),
            summary.modelSha256()));
    line(
        "trained by: espalier %s, libtorch %s, %s, %s, Java %s"
            .formatted(
                provenance.revision(),
                provenance.libtorch(),
                provenance.device(),
                provenance.instructionSet(),
                provenance.java()));
  }

  void notApplied(long update, Pack.Measured measured) {
    line(
        "warning: update %d is not applied: loss %s, gradient norm %s"
            .formatted(update, Numbers.text(measured.loss()), Numbers.text(measured.gradNorm())));
  }

  void wentOn(Checkpoint start) {
    line("goes on after update %d, from %s".formatted(start.update(), start.place()));
  }

  void rests(Checkpoint place, String why) {
    line("gives its slot back after update %d: %s".formatted(place.update(), why));
  }

  void noCheckpoint(Path place, IOException problem) {
    line("warning: checkpoint %s cannot be written: %s".formatted(place, problem));
  }

  void lowered(long update, double gradNorm, double ceiling, double factor) {
    line(
        "warning: gradient_norm at update %d: %s > ceiling %s; learning rate from here on x %s"
            .formatted(
                update, Numbers.text(gradNorm), Numbers.text(ceiling), Numbers.text(factor)));
  }

  void relieved(long update, Measurement.OutOfMemory smaller) {
    line(
        "warning: memory ran out at update %d with %s %s; from here on %s"
            .formatted(
                update,
                smaller.what(),
                Numbers.text(smaller.tried()),
                Numbers.text(smaller.next())));
  }

  void best(BestState.Kept best, String metric) {
    line(
        "what is kept is the state of update %d: %s %s"
            .formatted(best.update(), metric, Numbers.text(best.value())));
  }

  /** An update between two evaluations. */
  void updated(BatchPlan.Update update, Progress progress, Measurement.Update made) {
    line(
        String.format(
            Locale.ROOT,
            "update %d, epoch %s: loss %s, learning_rate %s, grad_norm %s, %,.0f tokens/s",
            update.number(),
            Numbers.text(progress.epochs()),
            Numbers.text(made.trainLoss()),
            Numbers.text(made.learningRate()),
            Numbers.text(made.gradNorm()),
            made.tokensPerSecond()));
  }

  /** Where an epoch or a trial ends, or an evaluation is due. */
  void measured(
      BatchPlan.Update update,
      Progress progress,
      Measurement.Update last,
      Map<String, Double> metrics) {
    line(
        String.format(
            Locale.ROOT,
            "epoch %s, update %d: train_loss %s, learning_rate %s, grad_norm %s, %,.0f tokens/s%s",
            Numbers.text(progress.epochs()),
            update.number(),
            Numbers.text(progress.trainLoss().orElse(Double.NaN)),
            Numbers.text(last.learningRate()),
            Numbers.text(last.gradNorm()),
            last.tokensPerSecond(),
            metrics.entrySet().stream()
                .map(
                    metric -> ", %s %s".formatted(metric.getKey(), Numbers.text(metric.getValue())))
                .collect(Collectors.joining())));
  }

  void ended(TrialResult result) {
    line(
        String.format(
            Locale.ROOT,
            "trial %s %s%s; %d updates, %.1f s, peak memory %,d MiB%s",
            result.trial(),
            result.outcome().word(),
            result.outcome().reason().isEmpty() ? "" : ": " + result.outcome().reason(),
            result.updates(),
            result.seconds(),
            result.provenance().map(Provenance::peakMemoryBytes).orElse(0L) >> 20,
            result.adapter().map(place -> "; weights in " + place).orElse("")));
  }

  private static String pairs(Map<String, String> values) {
    return values.entrySet().stream()
        .map(value -> value.getKey() + " " + value.getValue())
        .collect(Collectors.joining(", "));
  }

  private void line(String text) {
    if (broken) {
      return;
    }
    String time = clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
    try {
      Files.createDirectories(file.resolveSibling("."));
      Files.writeString(
          file,
          time + " " + text.replace("\n", " ") + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      broken = true;
      log.warn("{} cannot be written: {}", file, e.toString());
    }
  }
}
