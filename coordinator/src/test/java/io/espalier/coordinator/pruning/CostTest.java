package io.espalier.coordinator.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

class CostTest {
  /** In the order of a ranking. */
  private record Told(double value, boolean broken) {
    static Comparator<Told> bestFirst(Mode mode) {
      return Comparator.<Told>comparingInt(
              told -> !Double.isFinite(told.value) ? 2 : told.broken ? 1 : 0)
          .thenComparing(
              told -> Double.isFinite(told.value) ? told.value : Double.NaN, mode.bestFirst());
    }

    double cost(Mode mode) {
      return Cost.of(value, mode, broken);
    }
  }

  @Property
  void costs_are_in_the_order_in_which_trials_are_ranked(
      @ForAll @DoubleRange(min = -1e6, max = 1e6) double one,
      @ForAll @DoubleRange(min = -1e6, max = 1e6) double other,
      @ForAll boolean brokenOne,
      @ForAll boolean brokenOther,
      @ForAll Mode mode) {
    for (double third : List.of(other, Double.NaN, Double.NEGATIVE_INFINITY)) {
      var first = new Told(one, brokenOne);
      var second = new Told(third, brokenOther);
      assertThat(Integer.signum(Double.compare(first.cost(mode), second.cost(mode))))
          .isEqualTo(Integer.signum(Told.bestFirst(mode).compare(first, second)));
    }
  }

  @Property
  void a_cost_tells_its_value(
      @ForAll @DoubleRange(min = -1e3, max = 1e3) double value,
      @ForAll boolean broken,
      @ForAll Mode mode) {
    assertThat(Cost.value(Cost.of(value, mode, broken), mode))
        .isCloseTo(value, within(broken ? 1e-8 : 0));
  }
}
