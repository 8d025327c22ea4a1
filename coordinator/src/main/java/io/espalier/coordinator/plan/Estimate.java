package io.espalier.coordinator.plan;

import io.espalier.common.Numbers;
import io.espalier.common.trial.Branch;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What a sweep takes on a machine where a few updates were measured; evaluations, and what guards
 * and pruning end early, are not in it. Pure.
 *
 * @param alone seconds of one thread's time that trains each branch by itself
 * @param together the same with as many at a time as train fastest
 * @param slots how many these are
 * @param wall seconds on all lanes, and never less than the longest branch takes by itself
 * @param lanes threads that train
 * @param bytes most memory of the process with the longest rows on all lanes; 0 where unknown
 */
public record Estimate(
    double alone, double together, int slots, double wall, int lanes, long bytes) {
  private static final double MEBIBYTE = 1 << 20;

  /**
   * An update of a pack.
   *
   * @param slots branches trained together
   * @param seconds of an update of all of them
   */
  public record Measured(int slots, double seconds) {
    private double ofOne() {
      return seconds / slots;
    }
  }

  /**
   * Branches that each lane trains at first; lanes without any are left out.
   *
   * @param most of a lane, ≥ 1
   */
  public static List<Integer> begun(StageTree stages, int lanes, int most) {
    int branches = stages.branches().size();
    int busy = Math.min(lanes, branches);
    int taken = Math.min(branches, busy * most);
    return IntStream.range(0, busy).map(lane -> (taken + lane) / busy).boxed().toList();
  }

  /**
   * @param rows of each branch's update that was measured
   * @param measured one at least, the first of one slot
   * @param slots of a lane
   * @param bytes most memory of the process; 0 where unknown
   */
  public static Estimate of(
      StageTree stages, int rows, List<Measured> measured, int lanes, int slots, long bytes) {
    double one = measured.get(0).seconds() / rows;
    Measured best =
        measured.stream()
            .filter(pack -> pack.slots() == 1 || pack.slots() <= slots)
            .min(Comparator.comparingDouble(Measured::ofOne))
            .orElseThrow();
    double all = stages.branches().stream().mapToDouble(Estimate::rows).sum();
    double longest = stages.branches().stream().mapToDouble(Estimate::rows).max().orElse(0);
    double together = all * best.ofOne() / rows;
    return new Estimate(
        all * one, together, best.slots(), Math.max(together / lanes, longest * one), lanes, bytes);
  }

  private static double rows(Branch branch) {
    return (double) branch.ownUpdates() * branch.config().training().effectiveBatch();
  }

  /** A sentence or two. */
  public String text() {
    return "Estimated from a few updates on this machine, without evaluations: %s of training%s; on %s about %s.%s"
        .formatted(
            clock(together),
            slots == 1
                ? ", a trial at a time"
                : " with %d trials in a pass (%s one at a time)".formatted(slots, clock(alone)),
            lanes == 1 ? "one thread" : lanes + " threads",
            clock(wall),
            bytes == 0
                ? ""
                : String.format(Locale.ROOT, " Memory: about %,.0f MiB.", bytes / MEBIBYTE));
  }

  private static String clock(double seconds) {
    return Numbers.clock(Math.round(Math.ceil(seconds)));
  }
}
