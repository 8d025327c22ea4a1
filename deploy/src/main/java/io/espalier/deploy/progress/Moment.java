package io.espalier.deploy.progress;

import io.espalier.common.trial.BranchId;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is known of a sweep at one moment.
 *
 * @param latest of each branch in training, its last update
 */
public record Moment(SweepView view, List<LiveUpdate> latest, Instant now) {
  private static final double ENOUGH_TO_GUESS = 0.05;

  public Moment {
    latest = List.copyOf(latest);
  }

  Duration elapsed() {
    return Duration.between(view.began(), view.ended().orElse(now));
  }

  List<TrialView> ended() {
    return view.trials().stream().filter(trial -> trial.result().isPresent()).toList();
  }

  /** Trials that a worker trains now, by number. */
  List<TrialView> running() {
    return view.trials().stream()
        .filter(trial -> trial.result().isEmpty() && trial.worker().isPresent())
        .toList();
  }

  Optional<LiveUpdate> latest(TrialView trial) {
    return latest.stream().filter(update -> update.branch().equals(trial.branch())).findFirst();
  }

  /**
   * Time left at the pace so far, counted in rows to train on, those of a shared branch once; what
   * a killed trial did not do is not waited for. Absent at first, when the pace is that of reading
   * the data.
   */
  Optional<Duration> remaining() {
    double done = 0;
    double left = 0;
    int earlier = view.extended().map(SweepView.Extension::trials).orElse(0);
    Map<BranchId, List<TrialView>> branches =
        view.trials().stream()
            .filter(trial -> trial.config().id().number() >= earlier)
            .collect(Collectors.groupingBy(TrialView::branch));
    for (List<TrialView> trials : branches.values()) {
      double trained = trials.stream().mapToDouble(this::trained).max().orElse(0);
      double all =
          trials.stream()
              .filter(trial -> trial.result().isEmpty())
              .mapToDouble(trial -> (double) trial.updates() * batch(trial))
              .max()
              .orElse(0);
      done += trained;
      left += Math.max(0, all - trained);
    }
    return done < ENOUGH_TO_GUESS * (done + left) || done == 0
        ? Optional.empty()
        : Optional.of(Duration.ofMillis((long) (elapsed().toMillis() * (left / done))));
  }

  /** Rows of which a trial has seen the last, as far as is known. */
  private double trained(TrialView trial) {
    if (trial.result().isPresent()) {
      return trial.result().get().samples();
    }
    double samples =
        trial
            .worker()
            .flatMap(w -> latest(trial))
            .map(update -> (double) update.samples())
            .orElse(0.0);
    return Math.min(samples, (double) trial.updates() * batch(trial));
  }

  private static int batch(TrialView trial) {
    return trial.config().training().effectiveBatch();
  }
}
