package io.espalier.common.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.SweepId;
import java.util.List;
import java.util.Optional;

/**
 * A branch given to one worker. Journaled before it is sent.
 *
 * @param dataset what the sweep was planned for; who reads other data or another model must not
 *     train it
 * @param sweepDirectory the sweep's directory in the store, absolute; all nodes see it
 * @param start what it goes on from: an earlier attempt's checkpoint, or that of the branch it
 *     forks from; absent where it begins with its first update
 * @param forks updates, ascending, after which a checkpoint must be left, because other branches
 *     begin there
 * @param rest the update after which it rests: it is given back with a checkpoint, to go on from
 *     when it is chosen again; absent where it trains to its end
 */
public record Lease(
    SweepId sweep,
    Attempt attempt,
    Branch branch,
    TaskSettings settings,
    DatasetSummary dataset,
    String sweepDirectory,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Checkpoint> start,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Long> forks,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Long> rest) {
  @JsonCreator
  public Lease {
    // Earlier versions wrote none of them.
    start = start == null ? Optional.empty() : start;
    forks = forks == null ? List.of() : List.copyOf(forks);
    rest = rest == null ? Optional.empty() : rest;
  }

  /** Of a branch that begins with its first update and is nobody's beginning. */
  public Lease(
      SweepId sweep,
      Attempt attempt,
      Branch branch,
      TaskSettings settings,
      DatasetSummary dataset,
      String sweepDirectory) {
    this(
        sweep,
        attempt,
        branch,
        settings,
        dataset,
        sweepDirectory,
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  /** Whether a checkpoint after an update is there for more than this attempt. */
  public boolean leaves(long update) {
    return forks.contains(update) || restsAfter(update);
  }

  public boolean restsAfter(long update) {
    return rest.equals(Optional.of(update));
  }

  /** Names this lease among all. */
  public Key key() {
    return new Key(sweep, branch.id(), attempt);
  }

  /** (sweep, branch, attempt): what results, rows and stops refer to. */
  public record Key(SweepId sweep, BranchId branch, Attempt attempt) {
    @Override
    public String toString() {
      return "%s/%s@%s".formatted(sweep, branch, attempt);
    }
  }
}
