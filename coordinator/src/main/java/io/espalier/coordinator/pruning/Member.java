package io.espalier.coordinator.pruning;

import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A branch as rules across branches see it.
 *
 * @param bracket where a rule has several for one cohort, from 0
 * @param updates of its whole training
 */
record Member(BranchId id, Cohort cohort, int bracket, long updatesPerEpoch, long updates) {

  /**
   * All of a sweep, in one bracket.
   *
   * @param samples training rows of an epoch
   */
  static Map<BranchId, Member> each(PruningSpec spec, List<Branch> branches, long samples) {
    Function<Branch, Cohort> cohorts = Cohort.of(spec.compare(), branches, samples);
    var members = new HashMap<BranchId, Member>();
    for (Branch branch : branches) {
      long epoch = branch.config().training().updatesPerEpoch(samples);
      members.put(
          branch.id(), new Member(branch.id(), cohorts.apply(branch), 0, epoch, branch.updates()));
    }
    return members;
  }

  /**
   * The one of this name.
   *
   * @throws IllegalArgumentException for a branch that no plan has
   */
  static Member of(Map<BranchId, Member> members, BranchId branch) {
    Member member = members.get(branch);
    if (member == null) {
      throw new IllegalArgumentException("branch " + branch + " is not planned");
    }
    return member;
  }

  Member inBracket(int other) {
    return new Member(id, cohort, other, updatesPerEpoch, updates);
  }

  /** Whether the two are compared. */
  boolean competesWith(Member other) {
    return !id.equals(other.id) && cohort.equals(other.cohort) && bracket == other.bracket;
  }

  /** Whether this is the report of its end, which decides nothing. */
  boolean endsWith(Curve.Point report) {
    return report.update() >= updates;
  }
}
