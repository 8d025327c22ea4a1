package io.espalier.worker.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.UserError;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final int DRAWS = 20_000;

  /** Probabilities 0.1, 0.6, 0.3. */
  private static final float[] LOGITS = {
    (float) Math.log(0.1), (float) Math.log(0.6), (float) Math.log(0.3)
  };

  private static double[] shares(double temperature, double topP) {
    Sampler sampler = new Sampler(new Sampling(temperature, topP, 7));
    double[] shares = new double[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      shares[sampler.next(LOGITS)] += 1.0 / DRAWS;
    }
    return shares;
  }

  @Test
  void at_temperature_0_the_likeliest_is_taken() {
    assertThat(shares(0, 1)).containsExactly(new double[] {0, 1, 0}, within(1e-9));
  }

  @Test
  void at_temperature_1_tokens_come_as_often_as_the_model_has_it() {
    assertThat(shares(1, 1)).containsExactly(new double[] {0.1, 0.6, 0.3}, within(0.02));
  }

  @Test
  void a_temperature_of_a_half_squares_the_odds() {
    double sum = 0.01 + 0.36 + 0.09;
    assertThat(shares(0.5, 1))
        .containsExactly(new double[] {0.01 / sum, 0.36 / sum, 0.09 / sum}, within(0.02));
  }

  @Test
  void top_p_leaves_the_fewest_tokens_that_have_so_much() {
    assertThat(shares(1, 0.6 - 1e-6)).containsExactly(new double[] {0, 1, 0}, within(1e-9));
    assertThat(shares(1, 0.7)).containsExactly(new double[] {0, 2 / 3.0, 1 / 3.0}, within(0.02));
  }

  @Test
  void the_same_seed_draws_the_same() {
    Sampler one = new Sampler(new Sampling(1, 1, 3));
    Sampler other = new Sampler(new Sampling(1, 1, 3));
    assertThat(IntStream.range(0, 50).map(i -> one.next(LOGITS)))
        .containsExactly(
            IntStream.range(0, 50).map(i -> other.next(LOGITS)).boxed().toArray(Integer[]::new));
  }

  @Test
  void weights_that_have_diverged_are_named() {
    Sampler sampler = new Sampler(new Sampling(0, 1, 3));
    assertThatThrownBy(() -> sampler.next(new float[] {1, Float.NaN}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not finite");
  }
}
