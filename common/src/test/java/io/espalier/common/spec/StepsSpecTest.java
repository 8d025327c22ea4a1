package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StepsSpecTest extends SpecsInFolder {
  private static final int UPDATES_PER_EPOCH = 4;

  @Test
  void without_the_keys_only_the_ends_of_epochs_count() {
    assertThat(folder.parseWith("").steps())
        .isEqualTo(
            new StepsSpec(
                OptionalInt.empty(),
                false,
                OptionalInt.empty(),
                2,
                Optional.of(new BestSpec("eval_loss", ObjectiveSpec.Mode.MIN)),
                OptionalInt.of(5)));
    assertThat(evaluated(StepsSpec.NONE)).containsExactly(4L, 8L, 12L);
    assertThat(LongStream.rangeClosed(1, 100))
        .noneMatch(update -> StepsSpec.NONE.saves(update) || StepsSpec.NONE.logs(update));
  }

  @Test
  void eval_steps_take_the_place_of_epochs() {
    StepsSpec steps = steps("training: {eval_steps: 3}");
    assertThat(steps.evaluate()).hasValue(3);
    assertThat(evaluated(steps)).containsExactly(3L, 6L, 9L, 12L);
  }

  @Test
  void where_branches_are_pruned_the_epochs_they_are_compared_at_are_evaluated_too() {
    StepsSpec steps = steps("training: {eval_steps: 3}\npruning: {}");
    assertThat(evaluated(steps)).containsExactly(3L, 4L, 6L, 8L, 9L, 12L);
  }

  @Test
  void checkpoints_and_lines_are_counted_apart() {
    StepsSpec steps = steps("training: {save_steps: 5, logging_steps: 2, save_total_limit: 3}");
    assertThat(evaluated(steps)).containsExactly(4L, 8L, 12L);
    assertThat(LongStream.rangeClosed(1, 12).filter(steps::saves)).containsExactly(5L, 10L);
    assertThat(LongStream.rangeClosed(1, 6).filter(steps::logs)).containsExactly(2L, 4L, 6L);
    assertThat(steps.kept()).isEqualTo(3);
  }

  @Test
  void the_best_checkpoint_is_told_by_the_objective_or_the_loss_of_its_set() {
    String save = "training: {save_steps: 5}\n";
    assertThat(steps(save).kept()).isEqualTo(2);
    assertThat(steps(save).ranking()).contains(new BestSpec("eval_loss", ObjectiveSpec.Mode.MIN));
    assertThat(
            steps(save + "objective: {metric: eval_accuracy}\nevaluation: {answers: epoch}")
                .ranking())
        .contains(new BestSpec("eval_accuracy", ObjectiveSpec.Mode.MAX));
    assertThat(steps(save + "objective: {metric: eval_accuracy}").ranking())
        .contains(new BestSpec("eval_loss", ObjectiveSpec.Mode.MIN));
    assertThat(steps(save + "evaluation: {every: off}").ranking()).isEmpty();
  }

  @Test
  void they_are_no_hyperparameters_and_workers_are_told_of_them() {
    SweepSpec spec = folder.parseWith("training: {eval_steps: 3, save_steps: 6}\n");
    assertThat(spec.hyperparameters().texts())
        .doesNotContainKeys("eval_steps", "save_steps", "save_total_limit", "logging_steps");
    assertThat(spec.taskSettings().steps())
        .contains(
            new StepsSpec(
                OptionalInt.of(3),
                false,
                OptionalInt.of(6),
                2,
                Optional.of(new BestSpec("eval_loss", ObjectiveSpec.Mode.MIN)),
                OptionalInt.of(5)));
  }

  private StepsSpec steps(String more) {
    return folder.parseWith(more + "\n").steps();
  }

  private static List<Long> evaluated(StepsSpec steps) {
    return LongStream.rangeClosed(1, 12)
        .filter(update -> steps.evaluates(update, update % UPDATES_PER_EPOCH == 0))
        .boxed()
        .toList();
  }
}
