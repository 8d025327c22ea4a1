package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * The unit that is leased: a stretch of training that one slot does from start to end.
 *
 * @param config the configuration trained, that of its longest trial
 * @param milestones where trials end on it, by ascending update; the last one ends the branch
 * @param fork where it leaves the branch that trains its first updates too; absent where it shares
 *     none
 */
public record Branch(
    BranchId id,
    TrialConfig config,
    List<Milestone> milestones,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Fork> fork) {
  @JsonCreator
  public Branch {
    // Earlier versions wrote none.
    fork = fork == null ? Optional.empty() : fork;
    milestones = List.copyOf(milestones);
    if (milestones.isEmpty()) {
      throw new IllegalArgumentException("branch " + id + " has no milestone");
    }
  }

  /** One that begins with its first update. */
  public Branch(BranchId id, TrialConfig config, List<Milestone> milestones) {
    this(id, config, milestones, Optional.empty());
  }

  /**
   * A place on another branch: up to there both are the same training.
   *
   * @param update the last one in common, from 1
   * @param changed whether the other was trained there with other values: then this one cannot do
   *     itself what they have in common, and begins at that checkpoint or not at all
   */
  public record Fork(
      BranchId from, long update, @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean changed) {
    @JsonCreator
    public Fork {}

    /** Where both have the same values up to there. */
    public Fork(BranchId from, long update) {
      this(from, update, false);
    }
  }

  /**
   * A trial's end on a branch: final evaluation, export, and on goes the branch.
   *
   * @param update the trial's last update, from 1
   * @param config the trial's own; absent where it is the branch's
   */
  public record Milestone(
      TrialId trial,
      long update,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<TrialConfig> config) {
    @JsonCreator
    public Milestone {
      // Earlier versions wrote none.
      config = config == null ? Optional.empty() : config;
    }

    /** Of the trial whose configuration is the branch's. */
    public Milestone(TrialId trial, long update) {
      this(trial, update, Optional.empty());
    }
  }

  /** The branch's last update. */
  public long updates() {
    return milestones.get(milestones.size() - 1).update();
  }

  /** Updates that no other branch trains for it. */
  public long ownUpdates() {
    return updates() - fork.map(Fork::update).orElse(0L);
  }

  /** What a trial that ends here would train with alone; up to there the branch does the same. */
  public TrialConfig config(Milestone end) {
    return end.config().orElse(config);
  }

  /** As above, of a trial that has its milestone here. */
  public TrialConfig config(TrialId trial) {
    return milestones.stream()
        .filter(end -> end.trial().equals(trial))
        .findFirst()
        .map(this::config)
        .orElse(config);
  }

  /** The same training for some of its trials only; it ends with the last of them. */
  public Branch with(List<Milestone> some) {
    return new Branch(id, config, some, fork);
  }
}
