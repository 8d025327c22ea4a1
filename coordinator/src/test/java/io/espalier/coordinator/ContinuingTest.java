package io.espalier.coordinator;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.BudgetChange;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.Life;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;
import io.espalier.coordinator.sweep.SweepInput;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Three trials of 270 updates, of which the first two are trained. */
class ContinuingTest {
  private static final Map<String, List<String>> LESS = Map.of("learning_rate", List.of("1e-4"));

  private final SpecRules rules = new SpecRules(UploadedFiles.in(Path.of("store")));
  private final SweepSpec spec = Specs.grid("learning_rate", List.of("1e-3", "1e-4", "1e-5"));
  private final Life life = new Life(rules.policy(spec)).running(2);

  private static Checkpoint at(int branch, long update) {
    String place = "branches/%d/1-1/checkpoints/%d".formatted(branch, update);
    return new Checkpoint(update, place, update * 10.0);
  }

  private List<SweepEvent> leaves(int branch, long update) {
    return life.tell(
        new SweepInput.CheckpointLeft(
            new BranchId(branch), attempt(branch), at(branch, update), NOW));
  }

  private Attempt attempt(int branch) {
    return progress(branch).current().orElseThrow().attempt();
  }

  private List<SweepEvent> completes(int branch, double loss) {
    TrialResult result =
        Examples.ending(branch, at(branch, 270)).withMetrics(Map.of("eval_loss", loss));
    return ends(branch, result);
  }

  private List<SweepEvent> ends(int branch, TrialResult result) {
    return life.tell(
        new SweepInput.BranchEnded(new BranchId(branch), attempt(branch), List.of(result), NOW));
  }

  private void asks() {
    life.tell(new SweepInput.Ask(ANN, Examples.room(6), 1, NOW));
  }

  private List<SweepEvent> clones(int trial, Map<String, List<String>> values) {
    var more = new MoreTrials(Optional.of(new TrialId(trial)), values, true);
    return life.tell(new SweepInput.Extend(more, NOW));
  }

  private BranchProgress progress(int branch) {
    return life.sweep().branches().get(new BranchId(branch));
  }

  private Optional<Checkpoint> end(int branch) {
    return progress(branch).result(new TrialId(branch)).flatMap(TrialResult::checkpoint);
  }

  @Test
  void a_clone_goes_on_from_the_newest_checkpoint_of_one_that_trains() {
    leaves(0, 90);
    leaves(0, 180);

    clones(0, LESS);
    asks();

    assertThat(progress(3).branch().fork()).contains(new Branch.Fork(new BranchId(0), 180, true));
    assertThat(progress(3).branch().config().point()).containsEntry("learning_rate", "1e-4");
    assertThat(progress(3).current().orElseThrow().start()).contains(at(0, 180));
  }

  @Test
  void a_clone_goes_on_from_the_end_of_one_that_has_finished_also_after_the_sweeps_end() {
    asks();
    completes(0, 0.3);
    completes(1, 0.2);
    completes(2, 0.1);
    assertThat(life.sweep().phase()).isEqualTo(Sweep.Phase.ENDED);
    assertThat(end(0)).as("two are kept, the best").isEmpty();

    clones(2, Map.of("learning_rate", List.of("1e-5"), "num_train_epochs", List.of("6")));
    asks();

    assertThat(progress(3).branch().fork()).contains(new Branch.Fork(new BranchId(2), 270, true));
    assertThat(progress(3).branch().updates()).isEqualTo(540);
    assertThat(progress(3).current().orElseThrow().start()).contains(at(2, 270));
    assertThatThrownBy(() -> clones(0, Map.of("num_train_epochs", List.of("6"))))
        .hasMessage(
            "Trial 0 of demo-1 has left no checkpoint, or none that stayed (resources.keep_checkpoints); to train it from the start, ask for no checkpoint");
  }

  @Test
  void of_those_that_have_finished_the_best_keep_their_ends() {
    asks();
    completes(0, 0.1);
    completes(1, 0.2);

    assertThat(completes(2, 0.3))
        .contains(new SweepEvent.EndDropped(new BranchId(2), new TrialId(2), at(2, 270), NOW));
    assertThat(end(0)).isPresent();
    assertThat(end(1)).isPresent();
    assertThat(end(2)).isEmpty();
  }

  @Test
  void an_end_that_a_clone_still_needs_stays() {
    asks();
    completes(0, 0.3);
    clones(0, Map.of("num_train_epochs", List.of("6")));
    completes(1, 0.2);
    completes(2, 0.1);

    assertThat(end(0)).isPresent();
    asks();
    leaves(3, 300);
    assertThat(end(0)).as("it has one of its own by now").isEmpty();
  }

  @Test
  void a_clone_whose_checkpoint_is_gone_fails_and_does_not_begin_elsewhere() {
    leaves(0, 90);
    leaves(0, 180);
    clones(0, LESS);
    asks();

    ends(
        3,
        Examples.result(3, new Outcome.Failed("checkpoint x: its numbers do not fit its SHA-256")));

    assertThat(progress(3).result(new TrialId(3)).orElseThrow().outcome())
        .isEqualTo(
            new Outcome.Failed(
                "the checkpoint after update 180, which it was to go on from, cannot be read"));
    assertThat(progress(0).current()).as("nobody else is concerned").isPresent();
  }

  @Test
  void what_would_not_fit_the_checkpoint_is_refused_and_changes_nothing() {
    assertThatThrownBy(() -> clones(0, LESS))
        .hasMessageContaining("Trial 0 of demo-1 has left no checkpoint yet");
    leaves(0, 180);
    assertThatThrownBy(() -> clones(0, Map.of("lora_rank", List.of("4"))))
        .hasMessageStartingWith("lora_rank cannot be changed from a checkpoint on; expected keys");
    assertThatThrownBy(() -> clones(0, Map.of("num_train_epochs", List.of("2"))))
        .hasMessage(
            "These values end after 180 updates, and the checkpoint was left after 180; expected more epochs or steps");
    assertThat(life.sweep().branches().size()).isEqualTo(3);
  }

  @Test
  void checkpoints_of_a_sweep_that_has_ended_may_be_dropped() {
    asks();
    completes(0, 0.3);
    var drop = new SweepInput.DropCheckpoints(NOW);
    assertThatThrownBy(() -> life.tell(drop)).hasMessageContaining("demo-1 has not ended");
    completes(1, 0.2);
    completes(2, 0.1);

    assertThat(life.tell(drop)).containsExactly(new SweepEvent.CheckpointsDropped(NOW));
    assertThat(end(2)).isEmpty();
    assertThat(life.tell(drop)).isEmpty();
  }

  @Test
  void a_sweep_is_stopped_when_it_has_used_its_device_time_and_goes_on_with_more() {
    assertThat(budget(Optional.of(1.0))).hasExactlyElementsOfTypes(SweepEvent.BudgetChanged.class);
    leaves(0, 180);
    assertThat(life.sweep().stop()).as("1800 s of 3600").isEmpty();

    leaves(1, 180);

    assertThat(life.sweep().stop())
        .contains("it has used its budget of 1.00 device-hours (1.00 used)");
    assertThat(progress(2).result(new TrialId(2)).orElseThrow().outcome())
        .as("what waits ends at once")
        .isInstanceOf(Outcome.Stopped.class);
    ends(0, Examples.result(0, new Outcome.Stopped("told")));
    ends(1, Examples.result(1, new Outcome.Stopped("told")));
    assertThat(life.sweep().phase()).isEqualTo(Sweep.Phase.ENDED);
    var retry = new SweepInput.Retry(Optional.empty(), NOW);
    assertThatThrownBy(() -> life.tell(retry))
        .hasMessage(
            "demo-1 has used its budget of 1.00 device-hours (1.00 used): raise it with --max-device-hours to retry it.");

    budget(Optional.of(2.0));
    life.tell(retry);
    assertThat(life.sweep().phase()).isEqualTo(Sweep.Phase.RUNNING);
  }

  private List<SweepEvent> budget(Optional<Double> hours) {
    return life.tell(new SweepInput.ChangeBudget(BudgetChange.of(Optional.empty(), hours), NOW));
  }
}
