package io.espalier.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.Branch.Fork;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.Specs;
import io.espalier.coordinator.plan.StageTree.Sharing;
import io.espalier.coordinator.pruning.Cohort;
import io.espalier.coordinator.search.Search;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class StageTreeTest {
  private static final List<String> EPOCHS = List.of("3", "5", "10", "15", "20");

  private static StageTree epochs(Sharing sharing, Map<String, String> training, int samples) {
    var spec = Specs.with(Specs.grid("num_train_epochs", EPOCHS), training);
    return StageTree.of(Search.trials(spec), samples, sharing, false, StepsSpec.NONE);
  }

  private static List<Long> ends(Branch branch) {
    return branch.milestones().stream().map(Branch.Milestone::update).toList();
  }

  @Test
  void under_a_constant_rate_the_epochs_axis_is_one_branch_of_the_longest() {
    var tree = epochs(Sharing.MILESTONES, Map.of("lr_scheduler_type", "constant"), 50);
    assertThat(tree.branches()).hasSize(1);
    assertThat(ends(tree.branches().get(0))).containsExactly(150L, 250L, 500L, 750L, 1_000L);
    assertThat(tree.totalUpdates()).isEqualTo(1_000);
    Branch branch = tree.branches().get(0);
    assertThat(branch.config().id()).isEqualTo(new TrialId(4));
    assertThat(branch.milestones())
        .extracting(end -> branch.config(end).point().get("num_train_epochs"))
        .containsExactlyElementsOf(EPOCHS);
  }

  @Test
  void a_warmup_in_steps_is_shared_and_one_that_is_a_share_of_the_length_is_not() {
    var steps =
        Map.of(
            "lr_scheduler_type",
            "constant_with_warmup",
            "warmup_steps",
            "200",
            "warmup_ratio",
            "0");
    assertThat(epochs(Sharing.MILESTONES, steps, 50).totalUpdates()).isEqualTo(1_000);
    var ratio = Map.of("lr_scheduler_type", "constant_with_warmup", "warmup_ratio", "0.1");
    assertThat(epochs(Sharing.MILESTONES, ratio, 50).branches()).hasSize(5);
  }

  @Test
  void a_decay_at_the_end_forks_from_one_trunk() {
    var decay =
        Map.of(
            "lr_scheduler_type", "warmup_stable_decay", "decay_ratio", "0.1", "warmup_ratio", "0");
    var tree = epochs(Sharing.FORKS, decay, 50);
    assertThat(tree.branches())
        .extracting(Branch::fork)
        .containsExactly(
            Optional.of(new Fork(new BranchId(4), 136)),
            Optional.of(new Fork(new BranchId(4), 226)),
            Optional.of(new Fork(new BranchId(4), 451)),
            Optional.of(new Fork(new BranchId(4), 676)),
            Optional.empty());
    assertThat(tree.totalUpdates()).isEqualTo(1_000 + 14 + 24 + 49 + 74);
    assertThat(epochs(Sharing.MILESTONES, decay, 50).totalUpdates()).isEqualTo(2_650);
  }

  @Test
  void cosines_over_other_lengths_have_nothing_in_common() {
    var tree = epochs(Sharing.FORKS, Map.of("lr_scheduler_type", "cosine"), 50);
    assertThat(tree.totalUpdates()).isEqualTo(2_650);
  }

  @Test
  void a_common_warmup_is_worth_a_fork_when_it_is_two_percent_of_the_longer() {
    var warm = Map.of("lr_scheduler_type", "cosine", "warmup_ratio", "0", "warmup_steps", "19");
    // Nineteen updates of the rise and the peak: 2 % of 1,000.
    assertThat(epochs(Sharing.FORKS, warm, 50).totalUpdates()).isEqualTo(2_650 - 4 * 20);
    assertThat(epochs(Sharing.FORKS, warm, 55).totalUpdates())
        .as("of 1,100 it is less, of 825 it is more")
        .isEqualTo(53 * 55 - 3 * 20);
  }

  @Test
  void branches_are_numbered_by_their_first_trial_and_one_by_one_where_nothing_is_shared() {
    var spec = Specs.grid("learning_rate", List.of("1e-5", "1e-3"), "num_train_epochs", EPOCHS);
    var alone = StageTree.of(Search.trials(spec), 50, Sharing.MILESTONES, false, StepsSpec.NONE);
    assertThat(alone.branches())
        .extracting(branch -> branch.id().number())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(alone.branches())
        .allSatisfy(b -> assertThat(b.config().id().number()).isEqualTo(b.id().number()))
        .allSatisfy(b -> assertThat(b.milestones().get(0).config()).isEmpty());
  }

  @Test
  void a_trial_that_ends_within_an_epoch_is_alone_where_evaluations_decide() {
    var spec =
        Specs.with(
            Specs.grid("num_train_epochs", List.of("2.5", "3", "4", "2.49")),
            Map.of("lr_scheduler_type", "constant"));
    var trials = Search.trials(spec);
    assertThat(StageTree.of(trials, 50, Sharing.MILESTONES, false, StepsSpec.NONE).branches())
        .hasSize(1);
    var selective = StageTree.of(trials, 50, Sharing.MILESTONES, true, StepsSpec.NONE);
    assertThat(selective.branches())
        .extracting(StageTreeTest::ends)
        .containsExactly(List.of(125L, 125L), List.of(150L, 200L));
    assertThat(StageTree.of(trials, 50, Sharing.FORKS, true, StepsSpec.NONE).totalUpdates())
        .isEqualTo(225);
  }

  @Test
  void where_evaluations_decide_a_trial_ends_on_the_way_of_another_at_one_of_them() {
    var spec =
        Specs.with(
            Specs.grid("num_train_epochs", List.of("2.4", "3", "4")),
            Map.of("lr_scheduler_type", "constant"));
    var every =
        new StepsSpec(
            OptionalInt.of(40),
            false,
            OptionalInt.empty(),
            2,
            Optional.empty(),
            OptionalInt.empty());
    var tree = StageTree.of(Search.trials(spec), 50, Sharing.MILESTONES, true, every);
    assertThat(tree.branches())
        .extracting(StageTreeTest::ends)
        .containsExactly(List.of(120L, 200L), List.of(150L));
  }

  @Test
  void nothing_is_shared_when_the_spec_says_so() {
    var spec =
        Specs.with(Specs.grid("num_train_epochs", EPOCHS), Map.of("lr_scheduler_type", "constant"));
    assertThat(StageTree.of(spec, Search.trials(spec), 50).totalUpdates()).isEqualTo(1_000);
    var alone = Specs.notSharing(spec);
    assertThat(StageTree.of(alone, Search.trials(alone), 50).totalUpdates()).isEqualTo(2_650);
  }

  @Test
  void trials_that_leave_checkpoints_on_their_ways_share_nothing() {
    var saving =
        new StepsSpec(
            OptionalInt.empty(),
            true,
            OptionalInt.of(10),
            2,
            Optional.empty(),
            OptionalInt.empty());
    var spec =
        Specs.stepping(
            Specs.with(
                Specs.grid("num_train_epochs", EPOCHS), Map.of("lr_scheduler_type", "constant")),
            saving);
    assertThat(StageTree.of(spec, Search.trials(spec), 50).totalUpdates()).isEqualTo(2_650);
  }

  @Provide
  Arbitrary<List<TrialConfig>> trials() {
    Arbitrary<Map<String, String>> schedules =
        Arbitraries.of(
            Map.of("lr_scheduler_type", "constant"),
            Map.of("lr_scheduler_type", "constant_with_warmup", "warmup_steps", "12"),
            Map.of("lr_scheduler_type", "constant_with_warmup", "warmup_ratio", "0.1"),
            Map.of("lr_scheduler_type", "cosine", "warmup_steps", "12"),
            Map.of("lr_scheduler_type", "linear", "warmup_steps", "12"),
            Map.of("lr_scheduler_type", "step", "step_size", "20", "gamma", "0.5"),
            Map.of("lr_scheduler_type", "warmup_stable_decay", "decay_ratio", "0.2"),
            Map.of("lr_scheduler_type", "warmup_stable_decay", "num_decay_steps", "9"));
    Arbitrary<String> epochs =
        Arbitraries.of("0.5", "1", "1.5", "2", "2.25", "3", "5", "7", "10", "20");
    Arbitrary<Training> training =
        Combinators.combine(
                schedules,
                epochs,
                Arbitraries.of("1e-3", "1e-4"),
                Arbitraries.of("1", "4"),
                Arbitraries.of("-1", "-1", "-1", "30", "77"))
            .as(
                (schedule, length, rate, batch, steps) ->
                    Specs.HYPERPARAMETERS
                        .with(Map.of("warmup_ratio", "0"))
                        .with(schedule)
                        .with(
                            Map.of(
                                "num_train_epochs",
                                length,
                                "learning_rate",
                                rate,
                                "per_device_train_batch_size",
                                batch,
                                "max_steps",
                                steps))
                        .training());
    return training.list().ofMinSize(1).ofMaxSize(24).map(StageTreeTest::numbered);
  }

  private static List<TrialConfig> numbered(List<Training> trainings) {
    List<TrialConfig> trials = new ArrayList<>();
    trainings.forEach(t -> trials.add(new TrialConfig(new TrialId(trials.size()), Map.of(), t)));
    return trials;
  }

  @Property(tries = 300)
  void every_trial_does_the_updates_that_it_does_alone(
      @ForAll("trials") List<TrialConfig> trials,
      @ForAll @IntRange(min = 1, max = 60) int samples,
      @ForAll Sharing sharing,
      @ForAll boolean selective) {
    StageTree tree = StageTree.of(trials, samples, sharing, selective, StepsSpec.NONE);
    List<TrialId> seen = new ArrayList<>();
    for (Branch branch : tree.branches()) {
      for (Branch.Milestone end : branch.milestones()) {
        seen.add(end.trial());
        TrialConfig alone = trials.get(end.trial().number());
        assertThat(branch.config(end)).isEqualTo(alone);
        assertThat(end.update()).isEqualTo(alone.training().totalUpdates(samples));
        assertThat(end.update()).isGreaterThan(branch.fork().map(Fork::update).orElse(0L));
        for (long update = 1; update <= end.update(); update++) {
          Training trained = trainer(tree, branch, update).config().training();
          assertThat(trained.schedule(samples).learningRate(update))
              .isEqualTo(alone.training().schedule(samples).learningRate(update));
          assertThat(settings(trained)).isEqualTo(settings(alone.training()));
        }
      }
    }
    assertThat(seen)
        .containsExactlyInAnyOrderElementsOf(trials.stream().map(TrialConfig::id).toList());
  }

  /** The branch on which an update of a branch's trials is done. */
  private static Branch trainer(StageTree tree, Branch branch, long update) {
    Branch at = branch;
    while (at.fork().isPresent() && update <= at.fork().get().update()) {
      at = tree.branches().get(at.fork().get().from().number());
    }
    return at;
  }

  private static List<Object> settings(Training t) {
    return List.of(t.learningRate(), t.perDeviceTrainBatchSize(), t.gradientAccumulationSteps());
  }

  @Property(tries = 300)
  void no_update_is_done_twice_that_the_rule_lets_be_shared(
      @ForAll("trials") List<TrialConfig> trials,
      @ForAll @IntRange(min = 1, max = 60) int samples,
      @ForAll Sharing sharing) {
    List<Course> courses =
        trials.stream()
            .map(trial -> Course.of(trial, samples))
            .sorted(
                Comparator.comparingLong(Course::updates)
                    .reversed()
                    .thenComparing(course -> course.config().id()))
            .toList();
    long expected = 0;
    for (int i = 0; i < courses.size(); i++) {
      Course own = courses.get(i);
      long most = 0;
      for (Course longer : courses.subList(0, i)) {
        long alike = alike(own, longer);
        boolean worthIt = alike >= Math.max(10, Math.ceil(0.02 * longer.updates()));
        if (alike == own.updates()
            ? sharing != Sharing.NONE
            : sharing == Sharing.FORKS && worthIt) {
          most = Math.max(most, alike);
        }
      }
      expected += own.updates() - most;
    }
    assertThat(StageTree.of(trials, samples, sharing, false, StepsSpec.NONE).totalUpdates())
        .isEqualTo(expected);
  }

  /** Counted one by one. */
  private static long alike(Course one, Course other) {
    if (!settings(one.config().training()).equals(settings(other.config().training()))) {
      return 0;
    }
    long update = 0;
    while (update < Math.min(one.updates(), other.updates())
        && one.schedule().learningRate(update + 1) == other.schedule().learningRate(update + 1)) {
      update++;
    }
    return update;
  }

  @Property(tries = 300)
  void branches_with_a_common_trunk_are_never_compared_so_that_its_reports_count_once(
      @ForAll("trials") List<TrialConfig> trials,
      @ForAll @IntRange(min = 1, max = 60) int samples) {
    StageTree tree = StageTree.of(trials, samples, Sharing.FORKS, false, StepsSpec.NONE);
    var seen = new HashSet<List<Object>>();
    for (Branch branch : tree.branches()) {
      BranchId root = trainer(tree, branch, 1).id();
      assertThat(seen.add(List.of(root, Cohort.Alike.of(branch.config().training(), samples))))
          .isTrue();
    }
  }
}
