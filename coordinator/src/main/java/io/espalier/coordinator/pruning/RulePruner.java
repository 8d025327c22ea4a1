package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A {@link Rule} among the branches of each group. What is reported at a branch's end decides
 * nothing any more.
 *
 * @param name of the rule, as a specification has it
 * @param groups which branches may be compared
 * @param rules the rule of a group; its amounts are epochs
 * @param samples training rows of an epoch
 */
record RulePruner(
    String name,
    PruningSpec spec,
    Map<BranchId, Member> members,
    Function<Member, Rule> rules,
    long samples)
    implements Pruner {
  /** Values kept with a verdict. */
  private static final int WINDOW = 20;

  RulePruner {
    members = Map.copyOf(members);
  }

  @Override
  public String metric() {
    return spec.metric();
  }

  @Override
  public Optional<Verdict> judge(BranchId branch, Curve.Point fresh, Map<BranchId, Curve> before) {
    if (!Double.isFinite(fresh.value())) {
      return Optional.of(NotFinite.verdict(name, metric(), fresh));
    }
    Member member = Member.of(members, branch);
    if (member.endsWith(fresh)) {
      return Optional.empty();
    }
    List<Report> reports = new ArrayList<>(reports(before.getOrDefault(branch, Curve.EMPTY)));
    Report report = report(fresh);
    reports.add(report);
    List<Track> peers = new ArrayList<>();
    before.forEach(
        (other, curve) -> {
          Track track = new Track(reports(curve), curve.completed());
          if (member.competesWith(Member.of(members, other)) && !track.reports().isEmpty()) {
            peers.add(track);
          }
        });
    return rules
        .apply(member)
        .judge(new Track(reports, false), peers)
        .map(cut -> verdict(fresh, report, cut));
  }

  private Verdict verdict(Curve.Point fresh, Report report, Rule.Cut cut) {
    return new Verdict(
        name,
        fresh.update(),
        fresh.value(),
        Cost.value(cut.limit(), spec.mode()),
        cut.compared().stream().limit(WINDOW).map(cost -> Cost.value(cost, spec.mode())).toList(),
        "%s after %s %s: %s %s %s"
            .formatted(
                name,
                Numbers.text(report.resource()),
                report.resource() == 1 ? "epoch" : "epochs",
                metric(),
                fresh.text(),
                cut.why()));
  }

  /** What counts of a branch, by ascending resource. */
  private List<Report> reports(Curve curve) {
    return curve.points().stream()
        .filter(
            point -> curve.stoppedAt().isEmpty() || point.update() <= curve.stoppedAt().getAsLong())
        .sorted(Comparator.comparingLong(Curve.Point::samples))
        .map(this::report)
        .toList();
  }

  private Report report(Curve.Point point) {
    return new Report((double) point.samples() / samples, point.value(), point.cost(spec.mode()));
  }
}
