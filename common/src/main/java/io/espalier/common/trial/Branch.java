package io.espalier.common.trial;

import java.util.List;

/**
 * The unit that is leased: a stretch of training that one slot does from start to end.
 *
 * @param config the configuration trained, that of its longest trial
 * @param milestones where trials end on it, by ascending update; the last one ends the branch
 */
public record Branch(BranchId id, TrialConfig config, List<Milestone> milestones) {
  public Branch {
    milestones = List.copyOf(milestones);
    if (milestones.isEmpty()) {
      throw new IllegalArgumentException("branch " + id + " has no milestone");
    }
  }

  /**
   * A trial's end on a branch: final evaluation, export, and on goes the branch.
   *
   * @param update the trial's last update, from 1
   */
  public record Milestone(TrialId trial, long update) {}

  /** The branch's last update. */
  public long updates() {
    return milestones.get(milestones.size() - 1).update();
  }
}
