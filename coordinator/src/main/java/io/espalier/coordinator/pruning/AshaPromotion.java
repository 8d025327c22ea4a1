package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Asynchronous successive halving (Li et al., arXiv 1810.05934, algorithm 2): a branch rests at
 * rung r·η^k until it is among the best ⌊m/η⌋ of the m that have reached it, ties going to the
 * smaller number. The highest rung promotes first; whoever was promoted stays so. A rung ends with
 * the epoch that it falls into.
 *
 * @param members branches, with whom each may be compared
 * @param samples training rows of an epoch
 */
record AshaPromotion(
    PruningSpec spec, PruningRule.AshaPromotion rule, Map<BranchId, Member> members, long samples)
    implements Promotion, Pruner {
  private static final String RULE = "asha";

  /** Values kept with a verdict. */
  private static final int WINDOW = 20;

  AshaPromotion {
    members = Map.copyOf(members);
  }

  /** What a branch reported at a rung. */
  private record Place(Member member, Curve.Point point, double cost) {}

  static AshaPromotion of(
      PruningSpec spec, PruningRule.AshaPromotion rule, List<Branch> branches, long samples) {
    return new AshaPromotion(spec, rule, Member.each(spec, branches, samples), samples);
  }

  /** Epochs of the rungs before a training's end, ascending. */
  static List<Long> rungs(int eta, double first, double horizon) {
    var rungs = new ArrayList<Long>();
    for (double rung = first; Math.ceil(rung) < horizon; rung *= eta) {
      long epochs = (long) Math.ceil(rung);
      if (rungs.isEmpty() || rungs.get(rungs.size() - 1) < epochs) {
        rungs.add(epochs);
      }
    }
    return List.copyOf(rungs);
  }

  private List<Long> rungs(Cohort cohort) {
    double first = spec.unit().epochs(rule.minResource(), cohort.horizon(), samples);
    return rungs(rule.reductionFactor(), first, cohort.horizon());
  }

  @Override
  public String metric() {
    return spec.metric();
  }

  /** Nobody is ended by it but for a report that is not finite. */
  @Override
  public Optional<Verdict> judge(BranchId branch, Curve.Point fresh, Map<BranchId, Curve> before) {
    return Double.isFinite(fresh.value())
        ? Optional.empty()
        : Optional.of(NotFinite.verdict(RULE, metric(), fresh));
  }

  @Override
  public Optional<Long> rest(BranchId branch, long after) {
    Member member = member(branch);
    return rungs(member.cohort()).stream()
        .map(epochs -> epochs * member.updatesPerEpoch())
        .filter(update -> update > after && update < member.updates())
        .findFirst();
  }

  @Override
  public List<BranchId> promoted(Map<BranchId, Curve> curves, Map<BranchId, Long> resting) {
    var promoted = new ArrayList<Resting>();
    for (Cohort cohort : cohorts(resting.keySet())) {
      for (long epochs : rungs(cohort)) {
        List<Place> places = places(cohort, epochs, curves);
        places.stream()
            .limit(places.size() / rule.reductionFactor())
            .filter(place -> rests(place.member(), epochs, resting))
            .forEach(place -> promoted.add(new Resting(place, epochs)));
      }
    }
    return inOrder(promoted);
  }

  @Override
  public List<BranchId> last(Map<BranchId, Curve> curves, Map<BranchId, Long> resting) {
    var last = new ArrayList<Resting>();
    for (Cohort cohort : cohorts(resting.keySet())) {
      rungs(cohort).stream()
          .flatMap(
              epochs ->
                  places(cohort, epochs, curves).stream()
                      .filter(place -> rests(place.member(), epochs, resting))
                      .limit(1)
                      .map(place -> new Resting(place, epochs)))
          .reduce((lower, higher) -> higher)
          .filter(highest -> !isCompleted(cohort, highest.epochs(), curves))
          .ifPresent(last::add);
    }
    return inOrder(last);
  }

  /** Whether one was trained to its end that went at least so far. */
  private boolean isCompleted(Cohort cohort, long epochs, Map<BranchId, Curve> curves) {
    return members.values().stream()
        .filter(member -> member.cohort().equals(cohort))
        .filter(member -> member.updates() >= epochs * member.updatesPerEpoch())
        .anyMatch(member -> curves.getOrDefault(member.id(), Curve.EMPTY).completed());
  }

  /** One that goes on, and the epochs of the rung it rests at. */
  private record Resting(Place place, long epochs) {}

  private static List<BranchId> inOrder(List<Resting> promoted) {
    return promoted.stream()
        .sorted(
            Comparator.comparingLong(Resting::epochs)
                .reversed()
                .thenComparing(one -> one.place().cost())
                .thenComparing(one -> one.place().member().id()))
        .map(one -> one.place().member().id())
        .toList();
  }

  private List<Cohort> cohorts(Collection<BranchId> branches) {
    return branches.stream().sorted().map(this::member).map(Member::cohort).distinct().toList();
  }

  private static boolean rests(Member member, long epochs, Map<BranchId, Long> resting) {
    return resting.getOrDefault(member.id(), 0L) == epochs * member.updatesPerEpoch();
  }

  /** Who has reached a rung, the best first. */
  private List<Place> places(Cohort cohort, long epochs, Map<BranchId, Curve> curves) {
    return members.values().stream()
        .filter(member -> member.cohort().equals(cohort))
        .flatMap(member -> place(member, epochs, curves))
        .sorted(Comparator.comparingDouble(Place::cost).thenComparing(one -> one.member().id()))
        .toList();
  }

  private Stream<Place> place(Member member, long epochs, Map<BranchId, Curve> curves) {
    return curves.getOrDefault(member.id(), Curve.EMPTY).at(epochs * samples).stream()
        .map(point -> new Place(member, point, point.cost(spec.mode())));
  }

  @Override
  public Verdict leftBehind(BranchId branch, long update, Map<BranchId, Curve> curves) {
    Member member = member(branch);
    long epochs = update / member.updatesPerEpoch();
    List<Place> places = places(member.cohort(), epochs, curves);
    int place = places.stream().map(one -> one.member().id()).toList().indexOf(branch);
    if (place < 0) {
      return new Verdict(
          RULE, update, Double.NaN, Double.NaN, List.of(), "asha: no " + metric() + " at its rung");
    }
    int go = Math.max(places.size() / rule.reductionFactor(), 1);
    double limit = Cost.value(places.get(go - 1).cost(), spec.mode());
    Curve.Point own = places.get(place).point();
    return new Verdict(
        RULE,
        update,
        own.value(),
        limit,
        places.stream()
            .filter(one -> !one.member().equals(member))
            .limit(WINDOW)
            .map(one -> one.point().value())
            .toList(),
        "asha after %d %s: %s %s is place %d of %d; the best %d, down to %s, were promoted"
            .formatted(
                epochs,
                epochs == 1 ? "epoch" : "epochs",
                metric(),
                own.text(),
                place + 1,
                places.size(),
                go,
                Numbers.text(limit)));
  }

  private Member member(BranchId branch) {
    return Member.of(members, branch);
  }
}
