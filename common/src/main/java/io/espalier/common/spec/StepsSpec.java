package io.espalier.common.spec;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What happens every so many updates of a branch, which are numbered from 1.
 *
 * @param evaluate updates between evaluations; absent where epochs' ends are evaluated
 * @param epochEnds whether epochs' ends are evaluated all the same
 * @param save updates between checkpoints; absent for none
 * @param kept checkpoints that stay of a trial, ≥ 1
 * @param ranking what tells the best of them; absent where nothing is measured before the end
 * @param log updates between lines of the trial's log; absent where there are those of evaluations
 *     only
 */
public record StepsSpec(
    OptionalInt evaluate,
    boolean epochEnds,
    OptionalInt save,
    int kept,
    Optional<BestSpec> ranking,
    OptionalInt log) {
  /** Where a specification has none of the keys. */
  public static final StepsSpec NONE =
      new StepsSpec(
          OptionalInt.empty(), true, OptionalInt.empty(), 1, Optional.empty(), OptionalInt.empty());

  /** Whether an evaluation is due after an update, be it the end of a trial or not. */
  public boolean evaluates(long update, boolean endsEpoch) {
    return isDue(evaluate, update) || (endsEpoch && (epochEnds || evaluate.isEmpty()));
  }

  /** Whether a checkpoint is due after an update. */
  public boolean saves(long update) {
    return isDue(save, update);
  }

  /** Whether a line of the log is due after an update. */
  public boolean logs(long update) {
    return isDue(log, update);
  }

  private static boolean isDue(OptionalInt every, long update) {
    return every.isPresent() && update % every.getAsInt() == 0;
  }
}
