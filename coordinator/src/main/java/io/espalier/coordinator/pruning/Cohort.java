package io.espalier.coordinator.pruning;

import io.espalier.common.spec.PruningSpec.Compare;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.Scheduler;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Warmup;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Branches that are compared before their ends; equal for those that are. */
public sealed interface Cohort {

  /** Length of the training in epochs, fractional; of trainings of several lengths the longest. */
  double horizon();

  /**
   * Says the cohort of each branch.
   *
   * @param samples training rows
   */
  static Function<Branch, Cohort> of(Compare compare, List<Branch> branches, long samples) {
    Function<Branch, Cohort> alike = branch -> Alike.of(branch.config().training(), samples);
    if (compare == Compare.ALIKE) {
      return alike;
    }
    double longest = branches.stream().map(alike).mapToDouble(Cohort::horizon).max().orElse(0);
    return branch -> new All(longest);
  }

  private static String epochs(double horizon) {
    String epochs =
        horizon == Math.rint(horizon)
            ? Long.toString((long) horizon)
            : String.format(Locale.ROOT, "%.2f", horizon);
    return epochs + (epochs.equals("1") ? " epoch" : " epochs");
  }

  /**
   * Those whose learning rate has the same shape over the same length: at equal samples they are
   * equally far along it.
   *
   * @param shape without its warm-up
   * @param warmup share of the training spent warming up
   */
  record Alike(Scheduler shape, double warmup, double horizon) implements Cohort {

    /**
     * @param samples training rows
     */
    public static Alike of(Training training, long samples) {
      double total = training.totalUpdates(samples);
      double horizon =
          training.maxSteps().isPresent()
              ? total / training.updatesPerEpoch(samples)
              : training.numTrainEpochs();
      Scheduler scheduler = training.scheduler();
      Warmup warmup = scheduler.warmup();
      double share = warmup.steps().isPresent() ? warmup.updates(0) / total : warmup.ratio();
      return new Alike(scheduler.with(Warmup.NONE), share, horizon);
    }

    @Override
    public String toString() {
      return "%s over %s%s"
          .formatted(
              shape.word(),
              epochs(horizon),
              warmup == 0 ? "" : String.format(Locale.ROOT, ", %.1f %% warmup", 100 * warmup));
    }
  }

  /** All there are, at equal samples. */
  record All(double horizon) implements Cohort {
    @Override
    public String toString() {
      return "any schedule over up to " + epochs(horizon);
    }
  }
}
