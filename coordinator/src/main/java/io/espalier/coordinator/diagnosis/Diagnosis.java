package io.espalier.coordinator.diagnosis;

import io.espalier.common.Numbers;
import io.espalier.common.guard.Guards;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.diagnosis.Curve.Step;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a trial's curve says. The rules are those of practice, looked for in the order of {@link
 * Finding}; each looks at means over twentieths of the training, so that it does not depend on how
 * many updates that has.
 *
 * @param numbers behind it, as a sentence
 */
public record Diagnosis(Finding finding, String numbers) {
  /** Means that a curve is looked at by. */
  private static final int PARTS = 20;

  /** Fewer updates than either in fewer epochs say nothing: their losses are of other rows. */
  private static final int LEAST_UPDATES = 100;

  private static final int LEAST_EPOCHS = 3;

  /** Times its own lowest that a loss must have risen to. */
  private static final double RISE = 1.5;

  /** Of answers that repeat themselves, end in a loop, or are training answers. */
  private static final double REPETITION = 0.3;

  /** Times its best that an evaluation loss must have risen to, and for how many evaluations. */
  private static final double OVERFIT = 1.02;

  private static final int OVERFIT_FOR = 2;

  /** An update's loss over the median of those around it, and the share of such updates. */
  private static final double SPIKE = 2;

  private static final int AROUND = 10;
  private static final double SPIKES = 0.05;

  /** A spike that is lower, as a share of the first loss, is a row that is harder than others. */
  private static final double SPIKE_HEIGHT = 0.15;

  /** Shares of the first loss and gradient norm: what has come apart and learns no more. */
  private static final double STILL_HIGH = 0.6;

  private static final double NO_GRADIENT = 0.3;
  private static final int FIRST_NORMS = 5;

  /** A smaller fall from the start is none. */
  private static final double FALL = 0.02;

  private static final double QUICK_FALL = 0.2;

  /**
   * The fall from the middle third to the last per unit of learning rate, as a share of that over
   * all: an exponential approach has it when about 94 % of its way are done.
   */
  private static final double STILL_FALLING = 0.45;

  /** Of the first loss: what is left is not worth more epochs. */
  private static final double NEARLY_NOTHING = 0.1;

  /**
   * @param rows of the trial, each update and evaluation once
   * @param base loss of what it started from, where it is known
   * @param outcome once it has ended
   */
  public static Diagnosis of(List<MetricRow> rows, OptionalDouble base, Optional<Outcome> outcome) {
    return of(Curve.of(rows, base), outcome);
  }

  static Diagnosis of(Curve curve, Optional<Outcome> outcome) {
    return Stream.of(diverged(curve), killed(outcome))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseGet(
            () ->
                curve.tooShort(LEAST_UPDATES, LEAST_EPOCHS)
                    ? new Diagnosis(
                        Finding.TOO_SHORT, "%d updates".formatted(curve.updates().size()))
                    : ofFinite(curve));
  }

  private static Diagnosis ofFinite(Curve curve) {
    double[] means = means(curve);
    return Stream.of(
            diverging(curve, means),
            dead(curve),
            oscillating(curve),
            memorised(curve),
            overfit(curve),
            tooLow(curve),
            underfit(curve))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseGet(
            () ->
                new Diagnosis(
                    Finding.CONVERGED,
                    "loss %s, from %s"
                        .formatted(
                            Numbers.text(means[means.length - 1]), Numbers.text(first(curve)))));
  }

  private static Optional<Diagnosis> diverged(Curve curve) {
    Optional<String> update =
        curve.updates().stream()
            .filter(step -> !step.finite())
            .findFirst()
            .map(
                step ->
                    "loss %s, gradient norm %s at update %d"
                        .formatted(
                            Numbers.text(step.loss()),
                            Numbers.text(step.gradNorm()),
                            step.update()));
    Optional<String> evaluation =
        curve.evaluations().stream()
            .flatMap(
                one ->
                    one.metrics().entrySet().stream()
                        .filter(metric -> !Double.isFinite(metric.getValue()))
                        .map(
                            metric ->
                                "%s %s at update %d"
                                    .formatted(
                                        metric.getKey(),
                                        Numbers.text(metric.getValue()),
                                        one.update())))
            .findFirst();
    return update.or(() -> evaluation).map(numbers -> new Diagnosis(Finding.DIVERGED, numbers));
  }

  private static Optional<Diagnosis> killed(Optional<Outcome> outcome) {
    return outcome
        .filter(Outcome.Killed.class::isInstance)
        .map(killed -> ((Outcome.Killed) killed).verdict())
        .filter(verdict -> Guards.DIVERGENCE.contains(verdict.rule()))
        .map(verdict -> new Diagnosis(Finding.DIVERGING, verdict.sentence()));
  }

  /** Of twentieths of the training, or of each update where there are fewer. */
  private static double[] means(Curve curve) {
    int updates = curve.updates().size();
    int parts = Math.min(PARTS, updates);
    return IntStream.range(0, parts)
        .mapToDouble(part -> curve.loss(part * updates / parts, (part + 1) * updates / parts))
        .toArray();
  }

  /** The loss before anything was learnt. */
  private static double first(Curve curve) {
    return curve
        .base()
        .orElseGet(() -> curve.loss(0, Math.max(1, Math.min(5, curve.updates().size() / 20))));
  }

  /** What too large updates left: the loss is still high, and there are no gradients any more. */
  private static Optional<Diagnosis> dead(Curve curve) {
    int updates = curve.updates().size();
    double loss = curve.loss(updates / 2, updates);
    double norm = curve.norm(updates / 2, updates);
    double firstNorm = Math.max(curve.norm(0, 1), curve.norm(0, Math.min(updates, FIRST_NORMS)));
    return loss > STILL_HIGH * first(curve) && norm < NO_GRADIENT * firstNorm
        ? found(
            Finding.DIVERGING,
            "loss %s, at first %s, while gradient norms fell from %s to %s",
            loss,
            first(curve),
            firstNorm,
            norm)
        : Optional.empty();
  }

  private static Optional<Diagnosis> diverging(Curve curve, double[] means) {
    double lowest = Arrays.stream(means).min().orElseThrow();
    double limit = Math.max(RISE * lowest, first(curve));
    double end = Math.min(means[means.length - 1], means[means.length - 2]);
    return end > limit
        ? found(
            Finding.DIVERGING,
            "loss %s at the end, %s at its lowest, %s at first",
            end,
            lowest,
            first(curve))
        : Optional.empty();
  }

  private static Optional<Diagnosis> memorised(Curve curve) {
    return Stream.of("eval_repetition", "eval_loop_rate", "eval_copied_rate")
        .flatMap(
            metric -> {
              List<Double> values = curve.values(metric);
              double last = values.isEmpty() ? 0 : values.get(values.size() - 1);
              return last >= REPETITION
                  ? Stream.of(
                      new Diagnosis(
                          Finding.MEMORISED, "%s %s".formatted(metric, Numbers.text(last))))
                  : Stream.empty();
            })
        .findFirst();
  }

  private static Optional<Diagnosis> overfit(Curve curve) {
    List<Double> losses = curve.values("eval_loss");
    if (losses.size() <= OVERFIT_FOR) {
      return Optional.empty();
    }
    double best = Collections.min(losses);
    List<Double> last = losses.subList(losses.size() - OVERFIT_FOR, losses.size());
    double least = Collections.min(last);
    int updates = curve.updates().size();
    int then =
        curve.evaluations().stream()
            .filter(one -> one.metrics().getOrDefault("eval_loss", Double.NaN) == best)
            .mapToInt(Curve.Evaluated::step)
            .findFirst()
            .orElse(updates);
    int window = Math.max(1, updates / PARTS);
    double trainThen = curve.loss(Math.max(0, then - window), Math.max(1, then));
    double train = curve.loss(updates - window, updates);
    return least > OVERFIT * best && train < trainThen
        ? found(
            Finding.OVERFIT,
            "eval_loss %s, %s at its best, while the training loss fell from %s to %s",
            last.get(last.size() - 1),
            best,
            trainThen,
            train)
        : Optional.empty();
  }

  /** Losses far above those before them, that go on to the end. */
  private static Optional<Diagnosis> oscillating(Curve curve) {
    int updates = curve.updates().size();
    int from = Math.max(updates / 2, AROUND);
    long spikes = IntStream.range(from, updates).filter(at -> spike(curve, at)).count();
    double share = spikes / (double) Math.max(1, updates - from);
    return spikes > 1 && share >= SPIKES
        ? found(
            Finding.OSCILLATING,
            "%s %% of the later losses are more than twice those before them",
            100 * share)
        : Optional.empty();
  }

  private static boolean spike(Curve curve, int at) {
    double before = curve.medianLoss(at - AROUND, at);
    double loss = curve.updates().get(at).loss();
    return loss > SPIKE * before && loss - before > SPIKE_HEIGHT * first(curve);
  }

  private static Optional<Diagnosis> tooLow(Curve curve) {
    int updates = curve.updates().size();
    int some = curve.comparable();
    double begin = curve.loss(0, some);
    double end = curve.loss(updates - some, updates);
    // What was learnt in no time is not in the first mean.
    return end > (1 - FALL) * begin && end > (1 - QUICK_FALL) * first(curve)
        ? found(Finding.LEARNING_RATE_TOO_LOW, "loss %s, at first %s", end, begin)
        : Optional.empty();
  }

  /**
   * By the learning rate that was spent, for with any schedule but a constant one the last updates
   * do little.
   */
  private static Optional<Diagnosis> underfit(Curve curve) {
    int updates = curve.updates().size();
    int third = updates / 3;
    double middle = curve.loss(third, 2 * third);
    double end = curve.loss(2 * third, updates);
    double spentThen = (spent(curve, third) + spent(curve, 2 * third)) / 2;
    double spent = (spent(curve, 2 * third) + spent(curve, updates)) / 2;
    double pace = (middle - end) / (spent - spentThen) / ((first(curve) - end) / spent);
    return spent > spentThen && pace >= STILL_FALLING && end > NEARLY_NOTHING * first(curve)
        ? found(Finding.UNDERFIT, "loss %s, still falling at %s of its mean pace", end, pace)
        : Optional.empty();
  }

  /** Sum of the learning rates of the first updates. */
  private static double spent(Curve curve, int count) {
    return curve.updates().subList(0, count).stream().mapToDouble(Step::learningRate).sum();
  }

  private static Optional<Diagnosis> found(Finding finding, String sentence, Object... numbers) {
    Object[] texts = Arrays.stream(numbers).map(number -> Numbers.text((Double) number)).toArray();
    return Optional.of(new Diagnosis(finding, sentence.formatted(texts)));
  }
}
