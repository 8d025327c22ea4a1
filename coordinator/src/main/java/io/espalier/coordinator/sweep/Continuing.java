package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * New trials that go on from where one of a sweep stands: its end, or the newest checkpoint before.
 * Pure.
 */
public record Continuing(Sweep sweep, TrialId trial) {
  /**
   * Keys of {@code training} that the checkpoint's numbers, or the rows they have seen, hang on.
   */
  private static final Set<String> FIXED =
      Set.of(
          "train_type",
          "per_device_train_batch_size",
          "gradient_accumulation_steps",
          "loss_normalisation",
          "optimizer",
          "lora_rank",
          "lora_alpha",
          "target_modules",
          "rank_pattern",
          "alpha_pattern",
          "use_rslora",
          "use_dora",
          "max_length",
          "truncation_strategy",
          "seed",
          "init_adapter",
          "torch_dtype");

  private static final String FROM_THE_START = "to train it from the start, ask for no checkpoint";

  /**
   * @param values other values of some keys of {@code training}
   * @throws UserError when they do not fit what is in a checkpoint
   */
  public static void check(Map<String, List<String>> values) {
    Set<String> fixed = new TreeSet<>(values.keySet());
    fixed.retainAll(FIXED);
    if (!fixed.isEmpty()) {
      throw new UserError(
          "%s cannot be changed from a checkpoint on; expected keys such as learning_rate, num_train_epochs, lr_scheduler_type or weight_decay; %s"
              .formatted(String.join(" and ", fixed), FROM_THE_START));
    }
  }

  /**
   * The branches of new trials, beginning there.
   *
   * @param planned as if they began with their first update
   * @throws UserError when there is no checkpoint, or a trial would end before it
   */
  public List<Branch> on(List<Branch> planned) {
    BranchProgress source =
        sweep.branches().stream()
            .filter(progress -> end(progress).isPresent())
            .findFirst()
            .orElseThrow(
                () -> new IllegalStateException("no trial " + trial + " in " + sweep.id()));
    Checkpoint place =
        source
            .result(trial)
            .flatMap(TrialResult::checkpoint)
            .or(() -> sweep.forks().newest(source, end(source).orElseThrow()))
            .orElseThrow(() -> noCheckpoint(source));
    var fork =
        new Branch.Fork(sweep.forks().owner(source, place).orElseThrow(), place.update(), true);
    return planned.stream().map(branch -> after(fork, branch)).toList();
  }

  private Optional<Long> end(BranchProgress progress) {
    return progress.branch().milestones().stream()
        .filter(milestone -> milestone.trial().equals(trial))
        .map(Branch.Milestone::update)
        .findFirst();
  }

  private UserError noCheckpoint(BranchProgress source) {
    boolean ended = source.result(trial).isPresent();
    return new UserError(
        "Trial %s of %s has left no checkpoint%s; %s"
            .formatted(
                trial,
                sweep.id(),
                ended
                    ? ", or none that stayed (resources.keep_checkpoints)"
                    : " yet: workers leave one every so often (--checkpoint-every)",
                FROM_THE_START));
  }

  private static Branch after(Branch.Fork place, Branch planned) {
    for (Branch.Milestone end : planned.milestones()) {
      if (end.update() <= place.update()) {
        throw new UserError(
            "These values end after %d updates, and the checkpoint was left after %d; expected more epochs or steps"
                .formatted(end.update(), place.update()));
      }
    }
    boolean shares = planned.fork().filter(own -> own.update() > place.update()).isPresent();
    return shares
        ? planned
        : new Branch(planned.id(), planned.config(), planned.milestones(), Optional.of(place));
  }
}
