package io.espalier.coordinator;

import static io.espalier.coordinator.sweep.Examples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.Life;
import io.espalier.coordinator.sweep.Loss;
import io.espalier.coordinator.sweep.Policy;
import io.espalier.coordinator.sweep.Report;
import io.espalier.coordinator.sweep.SweepEvent;
import io.espalier.coordinator.sweep.SweepInput;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sweeps whose branches rest until they are promoted. 90 rows at batch 1. */
class PromotionTest {
  private static final long EPOCH = 90;

  private final SpecRules rules = new SpecRules(UploadedFiles.in(Path.of("store")));
  private final SweepSpec spec =
      Specs.with(
          Specs.pruned(
              Specs.grid("learning_rate", IntStream.range(1, 10).mapToObj(i -> i + "e-4").toList()),
              new PruningSpec(
                  "eval_loss",
                  Mode.MIN,
                  new PruningRule.AshaPromotion(3, 1),
                  PruningSpec.Unit.EPOCHS,
                  PruningSpec.Compare.ALIKE,
                  List.of())),
          Map.of("num_train_epochs", "9"));
  private final Policy policy = rules.policy(spec);
  private final Life life = new Life(policy).running(1);

  private List<BranchProgress> running() {
    return life.sweep().branches().stream()
        .filter(progress -> progress.current().isPresent())
        .toList();
  }

  /** Trains the one that runs to its next rest, or to its end; its loss is what its number says. */
  private void goOn() {
    BranchProgress one = running().get(0);
    BranchProgress.Running run = one.current().orElseThrow();
    long start = run.start().map(Checkpoint::update).orElse(0L);
    Optional<Long> rest = policy.rest(life.sweep(), one.id(), start);
    long update = rest.orElse(one.branch().updates());
    double loss = 1 + Math.abs(one.id().number() - 5);
    var report = new Report(update, (double) update / EPOCH, update, "eval", "loss", loss);
    life.tell(new SweepInput.Evaluated(one.id(), run.attempt(), List.of(report), NOW));
    Outcome outcome = rest.isPresent() ? new Outcome.Stopped("it rests") : new Outcome.Completed();
    List<TrialResult> results = List.of(Examples.result(one.id().number(), outcome));
    life.tell(
        rest.isPresent()
            ? new SweepInput.BranchRested(
                one.id(), run.attempt(), new Checkpoint(update, "place"), results, NOW)
            : new SweepInput.BranchEnded(one.id(), run.attempt(), results, NOW));
    life.tell(new SweepInput.Ask(Examples.ANN, Examples.room(1), 1, NOW));
  }

  private List<TrialView> trials() {
    return rules.view(life.sweep(), Optional.of(spec)).trials();
  }

  @Test
  void of_nine_a_third_goes_on_at_each_rung_and_all_others_end_as_pruned() {
    while (life.sweep().isUnfinished()) {
      goOn();
    }

    assertThat(trials())
        .filteredOn(trial -> trial.rank().isPresent())
        .extracting(trial -> trial.config().id().number())
        .as("trained to the end")
        .contains(5);
    assertThat(life.sweep().branches().get(new BranchId(0)).results())
        .singleElement()
        .satisfies(
            result -> {
              assertThat(result.outcome().word()).isEqualTo("pruned");
              assertThat(result.outcome().reason()).startsWith("asha after 1 epoch: eval_loss 6");
              assertThat(result.seconds()).as("what it took").isEqualTo(12.5);
            });
  }

  @Test
  void one_at_rest_is_shown_so_and_begins_where_it_rests() {
    goOn();
    assertThat(trials().get(0).rests()).contains(EPOCH);
    assertThat(trials().get(1).worker()).isPresent();
    goOn();
    goOn();
    BranchProgress promoted = running().get(0);
    assertThat(promoted.id()).as("the best of three").isEqualTo(new BranchId(2));
    assertThat(promoted.current().orElseThrow().start()).map(Checkpoint::update).contains(EPOCH);
    assertThat(policy.rest(life.sweep(), promoted.id(), EPOCH)).contains(3 * EPOCH);
  }

  @Test
  void what_rests_when_people_stop_the_sweep_ends_with_it() {
    goOn();
    List<SweepEvent> events = life.tell(new SweepInput.Stop("enough", NOW));
    assertThat(events.stream().filter(SweepEvent.TrialEnded.class::isInstance))
        .as("all but the one that runs")
        .hasSize(8);
  }

  @Test
  void a_promoted_branch_that_is_lost_goes_on_without_being_promoted_again() {
    goOn();
    goOn();
    goOn();
    BranchProgress promoted = running().get(0);
    life.tell(
        new SweepInput.LeaseLost(
            promoted.id(), promoted.current().orElseThrow().attempt(), Loss.gone("silent"), NOW));
    assertThat(life.sweep().resting()).doesNotContainKey(promoted.id());
    life.tell(new SweepInput.Ask(Examples.ANN, Examples.room(9), 1, NOW));
    assertThat(life.sweep().branches().get(promoted.id()).current().orElseThrow().start())
        .map(Checkpoint::update)
        .contains(EPOCH);
  }
}
