package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PruningSectionTest {
  @TempDir Path directory;

  private PruningSpec read(String keys) {
    SpecFolder folder = SpecFolder.at(directory);
    return folder.parseWith("pruning: {" + keys + "}\n").pruning().orElseThrow();
  }

  static Stream<Arguments> methods() {
    double none = Double.NEGATIVE_INFINITY;
    return Stream.of(
        Arguments.of("", new PruningRule.Asha(3, 1)),
        Arguments.of(
            "variant: stopping, reduction_factor: 2, min_resource: 4", new PruningRule.Asha(2, 4)),
        Arguments.of("method: asha, variant: ray", new PruningRule.RayAsha(3, 1)),
        Arguments.of(
            "variant: promotion, reduction_factor: 4", new PruningRule.AshaPromotion(4, 1)),
        Arguments.of("method: successive_halving", new PruningRule.SuccessiveHalving(3, 1, 0, 0)),
        Arguments.of(
            "method: successive_halving, min_early_stopping_rate: 1, bootstrap_count: 2",
            new PruningRule.SuccessiveHalving(3, 1, 1, 2)),
        Arguments.of("method: hyperband", new PruningRule.Hyperband(3, 1)),
        Arguments.of("method: median", new PruningRule.Percentile(50, 5, 0, 1, false)),
        Arguments.of(
            "method: percentile, percentile: 10, n_startup_trials: 2, latest: true",
            new PruningRule.Percentile(10, 2, 0, 1, true)),
        Arguments.of(
            "method: median, variant: running_average, n_warmup_steps: 2, min_samples: 4",
            new PruningRule.RunningAverage(2, 4, false)),
        Arguments.of("method: patient, min_delta: 0.1", new PruningRule.Patient(3, 0.1)),
        Arguments.of(
            "method: threshold, upper: 8, interval_steps: 2",
            new PruningRule.Threshold(none, 8, 0, 2)),
        Arguments.of("method: alto, after: 0.05, keep: 0.5", new PruningRule.Alto(0.05, 0.5)));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void each_method_and_variant_has_its_own_keys(String keys, PruningRule rule) {
    assertThat(read(keys))
        .isEqualTo(
            new PruningSpec(
                "eval_loss",
                ObjectiveSpec.Mode.MIN,
                rule,
                PruningSpec.Unit.EPOCHS,
                PruningSpec.Compare.ALIKE,
                List.of()));
  }

  @Test
  void trials_are_compared_with_their_like_or_with_all() {
    assertThat(read("").compare()).isEqualTo(PruningSpec.Compare.ALIKE);
    assertThat(read("method: any_of, compare: all, rules: [{method: alto}]").compare())
        .isEqualTo(PruningSpec.Compare.ALL);
  }

  @Test
  void an_amount_of_training_is_epochs_of_the_trial_whatever_its_unit() {
    assertThat(read("unit: epochs").unit().epochs(2, 10, 50)).isEqualTo(2);
    assertThat(read("unit: samples").unit().epochs(200, 10, 50)).isEqualTo(4);
    assertThat(read("unit: fraction").unit().epochs(0.25, 10, 50)).isEqualTo(2.5);
  }
}
