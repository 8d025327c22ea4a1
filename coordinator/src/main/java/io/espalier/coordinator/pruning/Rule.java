package io.espalier.coordinator.pruning;

import java.util.List;
import java.util.Optional;

/** Whether a branch shall end, by its last report and those of its like. Pure. */
interface Rule {
  /**
   * @param own the branch, its fresh report last, which is finite
   * @param peers the others of its cohort, as they stood before that; their order says nothing
   * @return why it shall end; empty when it goes on
   */
  Optional<Cut> judge(Track own, List<Track> peers);

  /**
   * An end.
   *
   * @param limit the cost that was too much for the rule's taste
   * @param compared costs it was compared with, ascending; may be empty
   * @param why the sentence about it, after what was reported: {@code is worse than …}
   */
  record Cut(double limit, List<Double> compared, String why) {
    public Cut {
      compared = List.copyOf(compared);
    }
  }
}
