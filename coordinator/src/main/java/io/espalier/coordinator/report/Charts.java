package io.espalier.coordinator.report;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.TrialCurves.Point;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** The curves that pages draw, as the JSON their scripts read. Pure. */
public record Charts(List<Chart> charts, List<String> remarks) {
  /** More lines than this cannot be told apart, and make the page slow. */
  static final int MOST_TRIALS = 100;

  private static final MathContext DIGITS = new MathContext(5);
  private static final double FAR_APART = 20;

  /**
   * @param logarithmic whether the values' axis begins so
   * @param noisy whether the lines begin smoothed
   * @param x epochs
   */
  public record Chart(
      String title, boolean logarithmic, boolean noisy, List<BigDecimal> x, List<Line> lines) {}

  /**
   * @param label the trial, its point, its outcome
   * @param ended whether it was ended before its last update
   */
  public record Line(
      int trial,
      String label,
      String colour,
      boolean best,
      boolean ended,
      List<Optional<BigDecimal>> y) {}

  /** The trials whose lines are drawn, best first. */
  public static List<TrialView> drawn(SweepView view) {
    return drawn(Ranking.order(view.objective(), view.trials()));
  }

  /** A chart for each curve that was measured of the trials drawn. */
  public static Charts of(SweepView view, TrialCurves curves) {
    List<TrialView> drawn = drawn(view);
    // What is drawn last is on top.
    Collections.reverse(drawn);
    var charts = new ArrayList<Chart>();
    boolean bucketed =
        chart(
            charts,
            view,
            MetricNames.TRAIN_LOSS,
            drawn,
            trial -> curves.trainLoss(trial.config().id()));
    for (String metric : curves.evaluatedOften()) {
      bucketed |=
          chart(
              charts, view, metric, drawn, trial -> curves.evaluated(trial.config().id(), metric));
    }
    var remarks = new ArrayList<String>();
    if (drawn.size() < view.trials().size()) {
      remarks.add(
          "Of %,d trials %d are drawn: the best %d, and others at even steps of the rank."
              .formatted(view.trials().size(), drawn.size(), MOST_TRIALS / 2));
    }
    if (bucketed) {
      remarks.add(
          "Long curves are drawn by the least and the greatest value in each of %d stretches."
              .formatted(SharedAxis.BUCKETS));
    }
    return new Charts(charts, remarks);
  }

  /** The same of one trial, and what else was measured at each of its updates. */
  static List<Chart> of(SweepView view, TrialCurves curves, TrialView trial) {
    TrialId id = trial.config().id();
    var charts = new ArrayList<Chart>();
    Map<String, List<Point>> measured = new LinkedHashMap<>();
    measured.put(MetricNames.TRAIN_LOSS, curves.trainLoss(id));
    curves.evaluatedOften().forEach(metric -> measured.put(metric, curves.evaluated(id, metric)));
    measured.put("learning_rate", curves.updates(id, Measurement.Update::learningRate));
    measured.put("grad_norm", curves.updates(id, Measurement.Update::gradNorm));
    measured.put("tokens_per_second", curves.updates(id, Measurement.Update::tokensPerSecond));
    measured.forEach((metric, curve) -> chart(charts, view, metric, List.of(trial), of -> curve));
    return charts;
  }

  /** The best half of what can be drawn, and of the others every n-th. */
  private static List<TrialView> drawn(List<TrialView> ordered) {
    if (ordered.size() <= MOST_TRIALS) {
      return new ArrayList<>(ordered);
    }
    int half = MOST_TRIALS / 2;
    var drawn = new ArrayList<>(ordered.subList(0, half));
    double step = (ordered.size() - half) / (double) half;
    for (int i = 0; i < half; i++) {
      drawn.add(ordered.get(half + (int) (i * step)));
    }
    return drawn;
  }

  /** Returns whether points were left out. */
  private static boolean chart(
      List<Chart> charts,
      SweepView view,
      String metric,
      List<TrialView> drawn,
      Function<TrialView, List<Point>> curve) {
    List<TrialView> measured = drawn.stream().filter(t -> !curve.apply(t).isEmpty()).toList();
    SharedAxis shared = SharedAxis.of(measured.stream().map(curve).toList());
    if (shared.x().isEmpty()) {
      return false;
    }
    ColourScale scale =
        HeatMap.scale(view.objective().mode(), view.objective().metric(), view.trials());
    var lines = new ArrayList<Line>();
    for (int i = 0; i < measured.size(); i++) {
      lines.add(line(view, measured.get(i), scale, shared.y().get(i)));
    }
    charts.add(
        new Chart(
            MetricNames.label(metric),
            farApart(shared),
            metric.equals(MetricNames.TRAIN_LOSS),
            shared.x().stream().map(Charts::rounded).toList(),
            lines));
    return shared.bucketed();
  }

  private static Line line(
      SweepView view, TrialView trial, ColourScale scale, List<Optional<Double>> values) {
    OptionalDouble value = Ranking.value(view.objective().metric(), trial);
    String outcome = SweepTable.outcome(trial);
    String point = TrialConfig.text(trial.config().point());
    return new Line(
        trial.config().id().number(),
        "trial %s (%s) %s".formatted(trial.config().id(), outcome, point),
        scale.line(value.orElse(Double.NaN)),
        trial.rank().orElse(0) == 1,
        trial.result().isPresent() && !outcome.equals("completed"),
        values.stream().map(y -> y.map(Charts::rounded)).toList());
  }

  private static boolean farApart(SharedAxis shared) {
    double[] values =
        shared.y().stream()
            .flatMap(List::stream)
            .flatMap(Optional::stream)
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    return values[0] > 0 && values[values.length - 1] / values[0] >= FAR_APART;
  }

  private static BigDecimal rounded(double value) {
    return new BigDecimal(value).round(DIGITS).stripTrailingZeros();
  }
}
