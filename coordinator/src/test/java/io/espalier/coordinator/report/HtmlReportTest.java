package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class HtmlReportTest {
  private static final String EVIL = "<script>alert('&')</script>\"";
  private static final ReportPlaces HERE =
      new ReportPlaces("./espalier", Optional.of("models/" + EVIL), Optional.of("a/" + EVIL));

  @Test
  void trials_are_lines_through_their_values_and_bars_over_time() {
    SweepView view = GridViews.sweep();
    String html = new HtmlReport(view, GridViews.curves(view), HERE).html(Optional.empty());

    assertThat(html)
        .contains("<h2>Parallel coordinates</h2>")
        .contains("<title>trial 1 completed</title>")
        .contains("<h2>When trials were trained</h2>")
        .contains("<title>trial 3 killed: loss is NaN at update 3</title>");
    String lines = ParallelCoordinates.of(view).svg();
    assertThat(lines.split("<polyline", -1)).hasSize(view.trials().size() + 1);
    assertThat(ParallelCoordinates.of(Views.sweep(List.of(Views.completed(0, 1, 1)))).svg())
        .as("no axis")
        .isEmpty();
  }

  @Test
  void every_text_of_the_sweep_is_escaped() {
    SweepView view = evil();
    String html = new HtmlReport(view, GridViews.curves(view), HERE).html(Optional.empty());

    assertThat(html)
        .doesNotContain("<script>alert")
        .contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;&quot;")
        .contains("\\u003cscript>alert");
  }

  @Test
  void it_loads_nothing() {
    SweepView view = GridViews.sweep();
    String html = new HtmlReport(view, GridViews.curves(view), HERE).html(Optional.empty());

    assertThat(html)
        .contains("uPlot")
        .doesNotContainPattern("(?i)<(link|img|iframe|object|embed)\\b")
        .doesNotContainPattern("(?i)\\bsrc\\s*=\\s*[\"']")
        .doesNotContainPattern("(?i)@import|url\\(");
  }

  @Test
  void the_heat_map_marks_the_best_and_hatches_what_was_ended() {
    SweepView view = GridViews.sweep();
    String html = new HtmlReport(view, GridViews.curves(view), HERE).html(Optional.empty());

    assertThat(html)
        .contains("<small>★ best</small>")
        .contains("<small>constraint</small>")
        .contains("<td class=\"ended\" title=\"trial 3: killed, loss is NaN at update 3\">");
  }

  @Test
  void another_trial_than_the_best_is_shown_by_epoch_when_asked_for() {
    SweepView view = GridViews.sweep();
    HtmlReport report = new HtmlReport(view, GridViews.curves(view), HERE);

    assertThat(report.html(Optional.empty())).contains("<h2>Trial 1 by epoch</h2>");
    assertThat(report.html(Optional.of(view.trials().get(3))))
        .contains("<h2>Trial 3 by epoch</h2>");
  }

  @Test
  void curves_that_are_not_finite_are_cut_and_long_ones_keep_their_spikes() {
    var curve = new ArrayList<TrialCurves.Point>();
    for (int i = 0; i < 5_000; i++) {
      curve.add(new TrialCurves.Point(i / 100.0, i == 2_345 ? 99 : 1));
    }
    curve.add(new TrialCurves.Point(60, Double.NaN));
    SharedAxis axis = SharedAxis.of(List.of(curve));

    assertThat(axis.bucketed()).isTrue();
    assertThat(axis.x()).hasSizeLessThanOrEqualTo(2 * SharedAxis.BUCKETS).isSorted();
    assertThat(axis.y().get(0).stream().flatMap(Optional::stream)).contains(99.0);
  }

  @Test
  void colours_go_from_the_best_to_the_worst_and_what_is_not_finite_is_worst() {
    ColourScale scale = ColourScale.of(Mode.MAX, List.of(0.2, 0.8, Double.NaN));

    assertThat(scale.place(0.8)).isZero();
    assertThat(scale.place(0.2)).isEqualTo(1);
    assertThat(scale.place(Double.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(scale.colour(0.8)).isEqualTo("#440154");
  }

  private static SweepView evil() {
    TrialView completed =
        Views.ended(
            0,
            new Outcome.Completed(),
            OptionalDouble.of(0.5),
            Map.of("eval_loss", 0.3, "eval_" + EVIL, 1.0));
    TrialView failed = Views.ended(1, new Outcome.Failed(EVIL), OptionalDouble.empty(), Map.of());
    SweepView view =
        Views.sweep(
            List.of(
                GridViews.at(completed, EVIL, "3"),
                GridViews.at(failed, EVIL, "10"),
                GridViews.at(Views.open(2), "1e-3", "3"),
                GridViews.at(Views.open(3), "1e-3", "10")));
    return new SweepView(
        new SweepId("self-cognition-1"),
        SweepView.State.FAILED,
        Optional.of(EVIL),
        view.objective(),
        view.settings(),
        view.submitted(),
        Optional.empty(),
        view.dataset(),
        view.trials(),
        List.of(EVIL));
  }
}
