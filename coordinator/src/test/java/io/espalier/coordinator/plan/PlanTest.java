package io.espalier.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.PointRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.Specs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final Map<String, String> CONSTANT = Map.of("lr_scheduler_type", "constant");

  @Test
  void a_thousand_samples_at_effective_batch_a_hundred_are_ten_updates_an_epoch() {
    var plan = Plan.of(Specs.grid("per_device_train_batch_size", List.of("100")), 1_000);
    assertThat(plan.trials().get(0).updatesPerEpoch()).isEqualTo(10);
    assertThat(plan.trials().get(0).updates()).isEqualTo(30);
    assertThat(plan.totalUpdates()).isEqualTo(30);
  }

  @Test
  void cells_with_equal_effective_batch_are_the_same_training() {
    var plan =
        Plan.of(
            Specs.grid(
                "per_device_train_batch_size",
                List.of("1", "2", "4"),
                "gradient_accumulation_steps",
                List.of("1", "2", "4")),
            100);
    assertThat(plan.same().toString()).isEqualTo("[[1, 3], [2, 4, 6], [5, 7]]");
  }

  @Test
  void cells_whose_loss_is_a_mean_of_means_are_not_the_same() {
    var base = Specs.HYPERPARAMETERS.with(Map.of("loss_normalisation", "mean_of_means"));
    var batches = base.with(Map.of("per_device_train_batch_size", "4"));
    var steps = base.with(Map.of("gradient_accumulation_steps", "4"));
    assertThat(SameTraining.of(batches.training(), 100))
        .isNotEqualTo(SameTraining.of(steps.training(), 100));
  }

  @Test
  void lengths_written_in_steps_and_in_epochs_may_be_the_same_training() {
    var epochs = Specs.HYPERPARAMETERS.with(Map.of("num_train_epochs", "2")).training();
    var steps = Specs.HYPERPARAMETERS.with(Map.of("max_steps", "200")).training();
    assertThat(SameTraining.of(epochs, 100)).isEqualTo(SameTraining.of(steps, 100));
    assertThat(SameTraining.of(epochs, 101)).isNotEqualTo(SameTraining.of(steps, 101));
  }

  @Property(tries = 200)
  void each_trial_is_in_one_cohort_and_on_one_branch(
      @ForAll @IntRange(min = 1, max = 300) int samples,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll boolean constant) {
    var grid =
        Specs.grid(
            "num_train_epochs",
            List.of("0.5", "1", "3"),
            "per_device_train_batch_size",
            List.of("1", Integer.toString(batch + 1)));
    var plan = Plan.of(constant ? Specs.with(grid, CONSTANT) : grid, samples);
    List<TrialId> all = plan.trials().stream().map(cost -> cost.config().id()).toList();
    assertThat(plan.cohorts().values().stream().flatMap(List::stream).flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(all);
    assertThat(plan.stages().branches().stream().flatMap(b -> b.milestones().stream()))
        .extracting(Branch.Milestone::trial)
        .containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void a_plan_reads_as_a_table() {
    var spec =
        Specs.pruned(
            Specs.grid(
                "num_train_epochs",
                List.of("3", "10"),
                "per_device_train_batch_size",
                List.of("1", "4")),
            PruningSpec.asha("eval_loss", ObjectiveSpec.Mode.MIN, 3, 1));
    assertThat(PlanTable.text(Plan.of(spec, 1_000)))
        .isEqualTo(
            """
            test: 4 trials on 1,000 training rows, 16,250 updates in all

            trial  num_train_epochs  per_device_train_batch_size  effective batch  updates per epoch  updates
            ─────  ────────────────  ───────────────────────────  ───────────────  ─────────────────  ───────
                0  3                 1                                          1              1,000    3,000
                1  3                 4                                          4                250      750
                2  10                1                                          1              1,000   10,000
                3  10                4                                          4                250    2,500

            Nothing is shared: with this lr_scheduler_type no two trials begin alike; with constant it would be 12,500 updates, with warmup_stable_decay it would be 12,873 updates in all

            Pruned by eval_loss, each trial among its like:
              cosine over 3 epochs, 5.0 % warmup: trials 0, 1, fewer than reduction_factor 3: one goes on at each rung
              cosine over 10 epochs, 5.0 % warmup: trials 2, 3, fewer than reduction_factor 3: one goes on at each rung
            """);
  }

  @Test
  void a_plan_says_what_is_the_same_and_what_cannot_be_compared() {
    var same =
        Specs.grid(
            "per_device_train_batch_size",
            List.of("1", "2"),
            "gradient_accumulation_steps",
            List.of("1", "2"));
    assertThat(PlanTable.text(Plan.of(same, 10)))
        .contains("The same training (equal but for how the batch is cut): trials 1, 2\n");
    var alone =
        Specs.pruned(
            Specs.grid("num_train_epochs", List.of("1", "3")),
            PruningSpec.asha("eval_loss", ObjectiveSpec.Mode.MIN, 3, 1));
    assertThat(PlanTable.text(Plan.of(alone, 10)))
        .contains("cosine over 1 epoch, 5.0 % warmup: trial 0, with none to compare: never pruned");
  }

  @Test
  void a_plan_compares_all_where_the_spec_asks() {
    var asked = PruningSpec.asha("eval_loss", ObjectiveSpec.Mode.MIN, 3, 1);
    var spec =
        Specs.pruned(Specs.grid("num_train_epochs", List.of("1", "3", "9")), Specs.amongAll(asked));
    assertThat(PlanTable.text(Plan.of(spec, 10)))
        .endsWith(
            """

            Pruned by eval_loss, each trial among all:
              any schedule over up to 9 epochs: trials 0, 1, 2
            """);
  }

  @Test
  void a_plan_counts_what_is_shared_and_compares_branches() {
    var grid =
        Specs.grid(
            "learning_rate",
            List.of("1e-3", "1e-4"),
            "num_train_epochs",
            List.of("3", "5", "10", "15", "20"));
    var spec =
        Specs.with(
            Specs.pruned(grid, PruningSpec.asha("eval_loss", ObjectiveSpec.Mode.MIN, 3, 1)),
            CONSTANT);
    assertThat(PlanTable.text(Plan.of(spec, 50)))
        .startsWith("test: 10 trials on 50 training rows, 5,300 updates in all\n")
        .contains(
            """

            Shared: what trials have in common is trained once, on 2 branches of 2,000 updates in all instead of 5,300: 62.3 % less

            Pruned by eval_loss, each trial among its like:
              constant over 20 epochs: trials 0+1+2+3+4, 5+6+7+8+9, fewer than reduction_factor 3: one goes on at each rung
            """);
  }

  private static final List<String> EPOCHS = List.of("3", "5", "10", "15", "20");

  @Test
  void a_plan_counts_the_branches_that_begin_on_anothers_way() {
    var decay =
        Map.of(
            "lr_scheduler_type", "warmup_stable_decay", "decay_ratio", "0.1", "warmup_ratio", "0");
    var spec = Specs.with(Specs.grid("num_train_epochs", EPOCHS), decay);
    assertThat(PlanTable.text(Plan.of(spec, 50)))
        .endsWith(
            "\nShared: what trials have in common is trained once, on 5 branches, 4 of which begin on"
                + " another's way, of 1,161 updates in all instead of 2,650: 56.2 % less\n");
  }

  @Test
  void a_plan_says_which_schedules_would_share_more_than_a_common_warmup() {
    var warm = Map.of("lr_scheduler_type", "cosine", "warmup_ratio", "0", "warmup_steps", "19");
    var spec = Specs.with(Specs.grid("num_train_epochs", EPOCHS), warm);
    assertThat(PlanTable.text(Plan.of(spec, 50)))
        .contains("of 2,570 updates in all instead of 2,650: 3.0 % less")
        .endsWith(
            "\nMore would be shared; with constant it would be 1,000 updates, with"
                + " warmup_stable_decay it would be 1,161 updates in all\n");
  }

  @Test
  void a_plan_says_what_the_search_left_out_and_could_not_find() {
    var search =
        new SearchSpec(
            SearchSpec.Method.RANDOM,
            9,
            7,
            Map.of("lora_rank", new SearchSpec.Candidates.IntRange(1, 8)),
            false,
            List.of(),
            Map.of(),
            List.of(new PointRule("lora_rank <= 3")),
            Optional.empty(),
            1,
            false);

    assertThat(PlanTable.text(Plan.of(Specs.searching(search), 10)))
        .startsWith("test: 3 trials on 10 training rows")
        .contains("Only 3 trials instead of 9: no others were found\n");
    var grid =
        new SearchSpec(
            SearchSpec.Method.GRID,
            1,
            7,
            Map.of("lora_rank", new SearchSpec.Candidates.Values(List.of("1", "2", "3", "4"))),
            false,
            List.of(),
            Map.of(),
            List.of(new PointRule("lora_rank <= 3")),
            Optional.empty(),
            1,
            false);
    assertThat(PlanTable.text(Plan.of(Specs.searching(grid), 10)))
        .contains("Left out: 1 point by search.constraints\n");
  }
}
