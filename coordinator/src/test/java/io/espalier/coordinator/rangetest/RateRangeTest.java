package io.espalier.coordinator.rangetest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.coordinator.rangetest.RateRange.Step;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateRangeTest {
  /** A hundred updates from 1e-6 to 1. */
  private static List<Step> steps(DoubleUnaryOperator lossAtPower) {
    var random = new Random(3);
    return IntStream.range(0, 100)
        .mapToObj(
            at -> {
              double power = -6 + 6 * at / 99.0;
              double noise = 0.1 * random.nextGaussian();
              return new Step(Math.pow(10, power), lossAtPower.applyAsDouble(power) + noise);
            })
        .toList();
  }

  /** Falls by 4 around 1e-3 and rises by as much around a power. */
  private static DoubleUnaryOperator valley(double rise) {
    return power -> 5 - 4 * step(power + 3) + 4 * step(power - rise);
  }

  private static double step(double at) {
    return 1 / (1 + Math.exp(-6 * at));
  }

  @Test
  void it_falls_fastest_between_its_plateau_and_its_lowest_and_comes_apart_beyond() {
    RateRange range = RateRange.of(steps(valley(-1)));

    assertThat(Math.log10(range.steepest().orElseThrow())).isCloseTo(-3, within(0.3));
    assertThat(Math.log10(range.lowest().orElseThrow())).isBetween(-2.7, -1.3);
    assertThat(Math.log10(range.apart().orElseThrow())).isCloseTo(-1, within(0.2));
    assertThat(range.grid()).hasSize(3).isSorted();
  }

  @Test
  void a_rate_near_where_it_comes_apart_is_not_proposed() {
    RateRange range = RateRange.of(steps(valley(-2.6)));

    assertThat(range.grid())
        .isNotEmpty()
        .allSatisfy(rate -> assertThat(rate).isLessThan(range.apart().orElseThrow() / 2));
  }

  @Test
  void where_it_hardly_falls_nothing_is_proposed() {
    RateRange range = RateRange.of(steps(power -> 5 + 3 * step(power + 2)));

    assertThat(range.steepest()).isEmpty();
    assertThat(range.grid()).isEmpty();
    assertThat(RateRange.grid(List.of(range))).isEmpty();
  }

  @Test
  void it_ends_at_the_first_loss_that_is_not_finite() {
    RateRange range =
        RateRange.of(steps(power -> power > -1.5 ? Double.NaN : valley(5).applyAsDouble(power)));

    assertThat(range.steps()).allSatisfy(step -> assertThat(step.loss()).isFinite());
    assertThat(Math.log10(range.apart().orElseThrow())).isCloseTo(-1.5, within(0.1));
    assertThat(RateRange.of(steps(power -> Double.NaN)).grid()).isEmpty();
  }

  @Test
  void the_grid_of_several_goes_from_their_lowest_to_their_highest() {
    RateRange one = RateRange.of(steps(valley(5)));
    RateRange other = RateRange.of(steps(power -> valley(5).applyAsDouble(power + 1)));

    List<Double> grid = RateRange.grid(List.of(one, other));

    assertThat(grid).isSorted().hasSizeBetween(4, 6);
    assertThat(grid.get(0)).isEqualTo(Math.min(one.grid().get(0), other.grid().get(0)));
    assertThat(grid.get(grid.size() - 1))
        .isEqualTo(Math.max(one.grid().get(2), other.grid().get(2)));
  }

  @Test
  void the_plot_is_a_picture_of_every_curve() {
    String svg = new RangePlot("a < b", Map.of("batch 4", RateRange.of(steps(valley(-1))))).svg();

    assertThat(svg).startsWith("<svg").contains("a &lt; b").contains(">1e-3<").contains("batch 4");
    assertThat(svg.split("<polyline", -1)).hasSize(3);
    assertThat(svg).doesNotContain("NaN");
    assertThat(new RangePlot("none", Map.of()).svg()).contains("none").endsWith("</svg>\n");
  }
}
