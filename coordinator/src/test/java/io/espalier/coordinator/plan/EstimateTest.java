package io.espalier.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.coordinator.Specs;
import io.espalier.coordinator.plan.Estimate.Measured;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EstimateTest {
  /** 10 epochs of 100 rows, twice. */
  private static final StageTree STAGES = stages("1e-3", "1e-4");

  private static StageTree stages(String... rates) {
    return Plan.of(
            Specs.with(
                Specs.grid("learning_rate", List.of(rates)), Map.of("num_train_epochs", "10")),
            100)
        .stages();
  }

  @Test
  void it_goes_by_the_fastest_pack_that_it_can_fill_and_says_what_one_at_a_time_would_take() {
    List<Measured> measured =
        List.of(new Measured(1, 0.2), new Measured(2, 0.2), new Measured(4, 0.1));

    Estimate two = Estimate.of(STAGES, 2, measured, 1, 2, 500L << 20);

    assertThat(two).isEqualTo(new Estimate(200, 100, 2, 100, 1, 500L << 20));
    assertThat(two.text())
        .isEqualTo(
            "Estimated from a few updates on this machine, without evaluations: 1:40 of training"
                + " with 2 trials in a pass (3:20 one at a time); on one thread about 1:40."
                + " Memory: about 500 MiB.");
  }

  @Test
  void no_number_of_threads_is_faster_than_the_longest_branch() {
    Estimate many = Estimate.of(STAGES, 2, List.of(new Measured(1, 0.2)), 16, 1, 0);

    assertThat(many.wall()).isEqualTo(100);
    assertThat(many.text())
        .endsWith("3:20 of training, a trial at a time; on 16 threads about 1:40.");
  }

  @Test
  void lanes_share_the_branches_so_that_few_of_them_fill_no_slots() {
    assertThat(Estimate.begun(STAGES, 1, 16)).containsExactly(2);
    assertThat(Estimate.begun(STAGES, 2, 16)).containsExactly(1, 1);
    assertThat(Estimate.begun(STAGES, 16, 16)).containsExactly(1, 1);
    assertThat(Estimate.begun(STAGES, 1, 1)).containsExactly(1);
    StageTree three = stages("1e-3", "1e-4", "1e-5");
    assertThat(Estimate.begun(three, 2, 16)).containsExactly(1, 2);
    assertThat(Estimate.begun(three, 2, 1)).containsExactly(1, 1);
  }
}
