package io.espalier.coordinator.pruning;

import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rule across branches that lets them rest on their way and says which goes on next. Pure: the
 * same reports give the same choice, whatever the order of the map.
 */
public interface Promotion {

  /**
   * The rung at which a branch comes to rest.
   *
   * @param after the last update it has done
   * @return the update of the next rung; empty where it trains to its end
   */
  Optional<Long> rest(BranchId branch, long after);

  /**
   * Who goes on, the first first.
   *
   * @param curves all that was reported; a branch that has reported nothing may be left out
   * @param resting branches at rest, with the update they rest after
   */
  List<BranchId> promoted(Map<BranchId, Curve> curves, Map<BranchId, Long> resting);

  /**
   * The same when nothing trains and none is promoted: of each cohort the best of those that came
   * farthest, unless somebody who went as far has trained to its end.
   */
  List<BranchId> last(Map<BranchId, Curve> curves, Map<BranchId, Long> resting);

  /**
   * Why one at rest ends that nobody will promote any more.
   *
   * @param update it rests after
   */
  Verdict leftBehind(BranchId branch, long update, Map<BranchId, Curve> curves);

  /**
   * That of a spec's rule, where it is of this kind.
   *
   * @param samples training rows
   */
  static Optional<Promotion> of(PruningSpec asked, List<Branch> branches, long samples) {
    return asked.rule() instanceof PruningRule.AshaPromotion asha
        ? Optional.of(AshaPromotion.of(asked, asha, branches, samples))
        : Optional.empty();
  }
}
