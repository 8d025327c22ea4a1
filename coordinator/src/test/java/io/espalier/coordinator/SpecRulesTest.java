package io.espalier.coordinator;

import static io.espalier.coordinator.sweep.Examples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.espalier.common.UserError;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.ObjectiveSpec.Comparison;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.Life;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.coordinator.sweep.Report;
import io.espalier.coordinator.sweep.SweepEvent;
import io.espalier.coordinator.sweep.SweepInput;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** 90 rows at batch 1: an epoch is 90 updates, the rung of three epochs by thirds is the first. */
class SpecRulesTest {
  private final SpecRules rules = new SpecRules(UploadedFiles.in(Path.of("store")));
  private final SweepSpec spec =
      Specs.pruned(
          Specs.grid("learning_rate", List.of("1e-3", "1e-4", "1e-5")),
          PruningSpec.asha("eval_loss", ObjectiveSpec.Mode.MIN, 3, 1));
  private final Life life = new Life(rules.policy(spec)).running(3);

  private List<SweepEvent> report(int branch, String metric, double value) {
    Report report = new Report(90, 1, 90, "eval", metric, value);
    return life.tell(
        new SweepInput.Evaluated(
            new BranchId(branch), new Attempt(1, branch + 1), List.of(report), NOW));
  }

  private static boolean judged(List<SweepEvent> events) {
    return events.stream().anyMatch(SweepEvent.Judged.class::isInstance);
  }

  private SweepView view() {
    return rules.view(life.sweep(), Optional.of(spec));
  }

  @Test
  void a_bound_of_the_base_models_is_a_number_once_that_is_measured() {
    var bound = new ObjectiveSpec.Constraint("retention_loss", Comparison.AT_MOST, 1.05, true);
    ObjectiveSpec objective =
        new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of(bound));

    assertThat(bound.text()).isEqualTo("<= 1.05 * base");
    assertThat(bound.holdsFor(0)).as("not known yet").isFalse();
    ObjectiveSpec known = objective.against(Map.of("retention_loss", 2.0));
    assertThat(known.constraints().get(0).brokenBy(2.11))
        .contains("retention_loss 2.11 is not <= 2.1");
    assertThat(known.constraints().get(0).holdsFor(2.1)).isTrue();
    assertThat(objective.against(Map.of())).isEqualTo(objective);
  }

  @Test
  void each_point_of_the_grid_is_a_trial_on_a_branch_of_its_own() {
    assertThat(view().trials())
        .extracting(trial -> trial.config().point().get("learning_rate"))
        .containsExactly("1e-3", "1e-4", "1e-5");
    assertThat(view().trials()).extracting(TrialView::updates).containsOnly(270L);
    assertThat(view().trials()).allMatch(trial -> trial.worker().isPresent());
    assertThat(view().state()).isEqualTo(SweepView.State.RUNNING);
  }

  @Test
  void trials_on_one_branch_keep_their_own_points_and_ends() {
    SweepSpec lengths =
        Specs.with(
            Specs.grid("num_train_epochs", List.of("1", "3", "2")),
            Map.of("lr_scheduler_type", "constant"));
    Life shared = new Life(rules.policy(lengths)).running(3);
    assertThat(shared.sweep().branches().size()).isEqualTo(1);
    assertThat(rules.view(shared.sweep(), Optional.of(lengths)).trials())
        .extracting(trial -> trial.config().point().get("num_train_epochs"), TrialView::updates)
        .containsExactly(tuple("1", 90L), tuple("3", 270L), tuple("2", 180L));
  }

  @Test
  void a_shared_branch_is_compared_as_one_and_its_end_spares_who_has_finished() {
    SweepSpec lengths =
        Specs.with(
            Specs.pruned(
                Specs.grid(
                    "learning_rate",
                    List.of("1e-3", "1e-4"),
                    "num_train_epochs",
                    List.of("1", "9")),
                PruningSpec.asha("eval_loss", ObjectiveSpec.Mode.MIN, 3, 3)),
            Map.of("lr_scheduler_type", "constant"));
    Life shared = new Life(rules.policy(lengths)).running(2);
    BranchId worse = new BranchId(1);
    Attempt attempt = new Attempt(1, 2);
    shared.tell(
        new SweepInput.MilestonesReached(
            worse, attempt, List.of(Examples.result(2, new Outcome.Completed())), NOW));
    assertThat(judged(atRung(shared, 0, 2))).isFalse();
    assertThat(judged(atRung(shared, 1, 3))).as("three of nine epochs").isTrue();
    Outcome pruned =
        new Outcome.Pruned(shared.sweep().branches().get(worse).verdict().orElseThrow());
    shared.tell(
        new SweepInput.BranchEnded(
            worse,
            attempt,
            List.of(Examples.result(2, new Outcome.Completed()), Examples.result(3, pruned)),
            NOW));
    assertThat(rules.view(shared.sweep(), Optional.of(lengths)).trials())
        .extracting(trial -> trial.result().map(result -> result.outcome().word()).orElse("open"))
        .containsExactly("open", "open", "completed", "pruned");
  }

  private static List<SweepEvent> atRung(Life life, int branch, double value) {
    Report report = new Report(270, 3, 270, "eval", "loss", value);
    return life.tell(
        new SweepInput.Evaluated(
            new BranchId(branch), new Attempt(1, branch + 1), List.of(report), NOW));
  }

  @Test
  void who_is_worse_than_the_best_at_the_rung_is_pruned() {
    assertThat(judged(report(0, "loss", 2))).isFalse();
    assertThat(judged(report(1, "accuracy", 3))).as("not the pruner's metric").isFalse();
    assertThat(judged(report(1, "loss", 3))).isTrue();
    assertThat(judged(report(2, "loss", 1))).isFalse();
  }

  @Test
  void who_breaks_a_constraint_of_the_objective_is_pruned_for_who_breaks_none() {
    var keeping = new ObjectiveSpec.Constraint("retention_loss", Comparison.AT_MOST, 0.5);
    SweepSpec constrained =
        Specs.pruned(
            Specs.grid("learning_rate", List.of("1e-3", "1e-4", "1e-5")),
            new PruningSpec(
                "eval_loss",
                ObjectiveSpec.Mode.MIN,
                new PruningRule.Asha(3, 1),
                PruningSpec.Unit.EPOCHS,
                PruningSpec.Compare.ALIKE,
                List.of(keeping)));
    Life told = new Life(rules.policy(constrained)).running(3);
    assertThat(judged(epoch(told, 0, "eval", 1))).as("only half of the report").isFalse();
    assertThat(judged(epoch(told, 0, "retention", 0.9))).as("the first to come").isFalse();
    assertThat(judged(epoch(told, 1, "retention", 0.4))).isFalse();
    assertThat(judged(epoch(told, 1, "eval", 2))).as("worse, but it forgot nothing").isFalse();
    assertThat(judged(epoch(told, 2, "eval", 0.5))).isFalse();
    List<SweepEvent> last = epoch(told, 2, "retention", 0.6);
    assertThat(judged(last)).isTrue();
    assertThat(told.sweep().branches().get(new BranchId(2)).verdict().orElseThrow().sentence())
        .isEqualTo(
            "asha after 1 epoch: eval_loss 0.5 (retention_loss 0.6 is not <= 0.5) is place 2 of 3;"
                + " the best 1, down to 2, go on");
  }

  private static List<SweepEvent> epoch(Life life, int branch, String set, double value) {
    Report report = new Report(90, 1, 90, set, "loss", value);
    return life.tell(
        new SweepInput.Evaluated(
            new BranchId(branch), new Attempt(1, branch + 1), List.of(report), NOW));
  }

  @Test
  void ended_trials_are_ranked_by_the_objective() {
    for (int trial = 0; trial < 3; trial++) {
      life.tell(
          new SweepInput.BranchEnded(
              new BranchId(trial),
              new Attempt(1, trial + 1),
              List.of(Examples.result(trial, new Outcome.Completed())),
              NOW));
    }
    assertThat(view().state()).isEqualTo(SweepView.State.COMPLETED);
    assertThat(view().ended()).contains(NOW);
    assertThat(view().trials())
        .extracting(trial -> trial.rank().orElseThrow())
        .containsExactly(1, 2, 3);
    assertThat(rules.json(view())).contains("\"COMPLETED\"", "demo-1");
  }

  @Test
  void a_search_that_learns_adds_trials_as_earlier_ones_end_and_ends_with_the_last() {
    SweepSpec learning =
        Specs.searching(
            new SearchSpec(
                SearchSpec.Method.TPE,
                16,
                7,
                Map.of("learning_rate", new SearchSpec.Candidates.LogUniform(1e-5, 1e-1)),
                false));
    Life grown = new Life(rules.policy(learning)).running(10);
    assertThat(grown.sweep().branches().size()).isEqualTo(10);
    assertThat(grown.tell(new SweepInput.Ask(Examples.ANN, Examples.room(6), 1, NOW)))
        .as("nothing is known yet")
        .isEmpty();

    int ended = 0;
    while (grown.sweep().isUnfinished()) {
      BranchId next = new BranchId(ended++);
      Attempt attempt = grown.sweep().branches().get(next).current().orElseThrow().attempt();
      grown.tell(
          new SweepInput.BranchEnded(
              next,
              attempt,
              List.of(Examples.result(next.number(), new Outcome.Completed())),
              NOW));
      grown.tell(new SweepInput.Ask(Examples.ANN, Examples.room(6), 1, NOW));
      long running =
          grown.sweep().branches().stream().filter(one -> one.current().isPresent()).count();
      assertThat(running).as("after %d", ended).isLessThanOrEqualTo(Math.max(10 - ended, 4));
    }

    assertThat(ended).isEqualTo(16);
    assertThat(rules.view(grown.sweep(), Optional.of(learning)).state())
        .isEqualTo(SweepView.State.COMPLETED);
  }

  private void allEnd() {
    for (BranchProgress progress : life.sweep().branches().stream().toList()) {
      progress
          .current()
          .ifPresent(
              running ->
                  life.tell(
                      new SweepInput.BranchEnded(
                          progress.id(),
                          running.attempt(),
                          List.of(Examples.result(progress.id().number(), new Outcome.Completed())),
                          NOW)));
    }
  }

  private List<SweepEvent> extended(Map<String, List<String>> values) {
    return life.tell(new SweepInput.Extend(new MoreTrials(Optional.empty(), values, false), NOW));
  }

  @Test
  void a_sweep_that_has_ended_goes_on_with_what_was_tried_at_other_values() {
    allEnd();
    assertThat(view().state()).isEqualTo(SweepView.State.COMPLETED);

    List<SweepEvent> events =
        extended(Map.of("lora_rank", List.of("4", "8"), "num_train_epochs", List.of("6")));

    assertThat(events)
        .hasExactlyElementsOfTypes(SweepEvent.Reopened.class, SweepEvent.Planned.class);
    assertThat(view().state()).isEqualTo(SweepView.State.RUNNING);
    assertThat(view().ended()).isEmpty();
    assertThat(view().extended()).contains(new SweepView.Extension(NOW, 3));
    assertThat(view().began()).isEqualTo(NOW);
    assertThat(view().trials())
        .extracting(
            trial -> trial.config().id().number(),
            trial -> trial.config().point().get("learning_rate"),
            trial -> trial.config().point().get("lora_rank"),
            TrialView::updates)
        .contains(
            tuple(0, "1e-3", null, 270L), tuple(3, "1e-3", "4", 540L), tuple(8, "1e-5", "8", 540L))
        .hasSize(9);
    life.tell(new SweepInput.Ask(Examples.ANN, Examples.room(6), 1, NOW));
    allEnd();
    assertThat(view().state()).isEqualTo(SweepView.State.COMPLETED);
    assertThat(view().trials()).allMatch(trial -> trial.result().isPresent());
  }

  @Test
  void one_that_runs_gets_more_trials_and_only_those_that_were_not_tried() {
    assertThat(extended(Map.of("learning_rate", List.of("0.0001", "5e-4"))))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepEvent.Planned.class,
            planned ->
                assertThat(planned.branches())
                    .singleElement()
                    .satisfies(
                        branch -> {
                          assertThat(branch.id()).isEqualTo(new BranchId(3));
                          assertThat(branch.config().point())
                              .containsEntry("learning_rate", "5e-4");
                        }));
  }

  @Test
  void a_trial_is_cloned_with_other_values_and_the_others_are_not() {
    assertThat(clonedPoint(Map.of("learning_rate", List.of("5e-4"))))
        .containsEntry("learning_rate", "5e-4");
    assertThat(clonedPoint(Map.of("lora_rank", List.of("4"))))
        .containsEntry("learning_rate", "1e-4")
        .containsEntry("lora_rank", "4");
    assertThatThrownBy(() -> cloned(17, Map.of("lora_rank", List.of("4"))))
        .hasMessage("demo-1 has no trial 17.");
  }

  /** Of the only trial that comes of cloning the second. */
  private Map<String, String> clonedPoint(Map<String, List<String>> values) {
    List<SweepEvent> events = cloned(1, values);
    assertThat(events).hasExactlyElementsOfTypes(SweepEvent.Planned.class);
    List<Branch> planned = ((SweepEvent.Planned) events.get(0)).branches();
    assertThat(planned).hasSize(1);
    return planned.get(0).config().point();
  }

  private List<SweepEvent> cloned(int trial, Map<String, List<String>> values) {
    var more = new MoreTrials(Optional.of(new TrialId(trial)), values, false);
    return life.tell(new SweepInput.Extend(more, NOW));
  }

  @Test
  void what_makes_no_other_trial_is_refused_and_changes_nothing() {
    assertThatThrownBy(() -> extended(Map.of("learning_rate", List.of("1e-4"))))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("make no trial that was not tried");
    assertThatThrownBy(() -> extended(Map.of("lerning_rate", List.of("1e-4"))))
        .hasMessage(
            "lerning_rate cannot be searched; expected a key of training; did you mean learning_rate?");
    assertThatThrownBy(() -> extended(Map.of("lora_rank", List.of("four"))))
        .hasMessageStartingWith("lora_rank: four is not a whole number; expected a whole number");
    assertThatThrownBy(() -> extended(Map.of("max_length", List.of("9"))))
        .hasMessageStartingWith("max_length cannot be searched");
    life.tell(new SweepInput.Stop("enough", NOW));
    assertThatThrownBy(() -> extended(Map.of("lora_rank", List.of("4"))))
        .hasMessage("demo-1 is being stopped: extend it once it has ended.");
  }

  @Test
  void trials_that_are_added_share_what_they_have_in_common() {
    SweepSpec lengths =
        Specs.with(
            Specs.grid("num_train_epochs", List.of("1", "3")),
            Map.of("lr_scheduler_type", "constant"));
    Life shared = new Life(rules.policy(lengths)).running(3);
    shared.tell(
        new SweepInput.Extend(
            new MoreTrials(Optional.empty(), Map.of("learning_rate", List.of("3e-4")), false),
            NOW));
    assertThat(shared.sweep().branches().size()).isEqualTo(2);
    assertThat(shared.sweep().branches().get(new BranchId(1)).branch().milestones())
        .extracting(end -> end.trial().number())
        .containsExactly(2, 3);
  }
}
