package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asynchronous successive halving (Li et al., arXiv 1810.05934) as Determined's stopping variant
 * has it: a branch that reaches a rung goes on iff its place among all that have reached it, from 0
 * and with ties in its favour, is below max(⌊m/η⌋, 1), where m counts the branch itself. Nothing is
 * paused; who came early is not judged again.
 *
 * @param members branches, with whom each may be compared
 * @param samples training rows, so that a rung's epochs are samples
 */
record AshaStopping(
    PruningSpec spec, PruningRule.Asha rule, Map<BranchId, Member> members, long samples)
    implements Pruner {
  private static final String RULE = "asha";

  /** Values kept with a verdict. */
  private static final int WINDOW = 20;

  AshaStopping {
    members = Map.copyOf(members);
  }

  static Pruner of(PruningSpec spec, PruningRule.Asha rule, List<Branch> branches, long samples) {
    return new AshaStopping(spec, rule, Member.each(spec, branches, samples), samples);
  }

  /**
   * Epochs of the rungs below a training's end, ascending: rung i of n is max(⌊L/η^(n−i−1)⌋, 1) and
   * n is the largest that leaves the first at {@code min_resource} or later. The last rung, L
   * itself, is the end and decides nothing.
   *
   * @param first epochs before which there is no rung
   * @param horizon epochs of the whole training
   */
  static List<Integer> rungs(int eta, double first, double horizon) {
    long length = (long) Math.ceil(horizon);
    var rungs = new ArrayList<Integer>();
    long divisor = eta;
    while (length >= divisor * first && length >= divisor) {
      int epochs = (int) Math.max(length / divisor, 1);
      if (epochs < horizon) {
        rungs.add(0, epochs);
      }
      divisor *= eta;
    }
    return List.copyOf(rungs);
  }

  @Override
  public String metric() {
    return spec.metric();
  }

  @Override
  public Optional<Verdict> judge(BranchId branch, Curve.Point fresh, Map<BranchId, Curve> before) {
    if (!Double.isFinite(fresh.value())) {
      return Optional.of(NotFinite.verdict(RULE, metric(), fresh));
    }
    Member member = Member.of(members, branch);
    if (member.endsWith(fresh)) {
      return Optional.empty();
    }
    Cohort cohort = member.cohort();
    Curve own = before.getOrDefault(branch, Curve.EMPTY);
    for (int epochs : rungs(rule.reductionFactor(), first(cohort), cohort.horizon())) {
      long rung = Math.multiplyExact(epochs, samples);
      boolean reached = fresh.samples() >= rung && own.at(rung).isEmpty();
      if (reached) {
        Optional<Verdict> verdict = atRung(epochs, fresh, others(member, rung, before));
        if (verdict.isPresent()) {
          return verdict;
        }
      }
    }
    return Optional.empty();
  }

  private double first(Cohort cohort) {
    return spec.unit().epochs(rule.minResource(), cohort.horizon(), samples);
  }

  /** Costs of what the branch's peers reported when they reached the rung, best first. */
  private List<Double> others(Member member, long rung, Map<BranchId, Curve> before) {
    var costs = new ArrayList<Double>();
    before.forEach(
        (other, curve) -> {
          if (member.competesWith(Member.of(members, other))) {
            curve.at(rung).ifPresent(point -> costs.add(point.cost(spec.mode())));
          }
        });
    Collections.sort(costs);
    return costs;
  }

  private Optional<Verdict> atRung(int epochs, Curve.Point fresh, List<Double> others) {
    double cost = fresh.cost(spec.mode());
    long place = others.stream().filter(other -> other < cost).count();
    int all = others.size() + 1;
    int go = Math.max(all / rule.reductionFactor(), 1);
    if (place < go) {
      return Optional.empty();
    }
    List<Double> values =
        others.stream().limit(WINDOW).map(other -> Cost.value(other, spec.mode())).toList();
    double threshold = Cost.value(others.get(go - 1), spec.mode());
    return Optional.of(
        new Verdict(
            RULE,
            fresh.update(),
            fresh.value(),
            threshold,
            values,
            "asha after %d %s: %s %s is place %d of %d; the best %d, down to %s, go on"
                .formatted(
                    epochs,
                    epochs == 1 ? "epoch" : "epochs",
                    metric(),
                    fresh.text(),
                    place + 1,
                    all,
                    go,
                    Numbers.text(threshold))));
  }
}
