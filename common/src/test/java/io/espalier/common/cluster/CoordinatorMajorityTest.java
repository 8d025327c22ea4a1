package io.espalier.common.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.Reachability;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.sbr.DowningStrategy;
import org.apache.pekko.cluster.sbr.KeepMajority;
import org.apache.pekko.util.Version;
import org.junit.jupiter.api.Test;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

class CoordinatorMajorityTest {
  private static final String DATA_CENTER = "default";
  private static final Member ANN = member(1, "coordinator", MemberStatus.up());
  private static final Member BOB = member(2, "coordinator", MemberStatus.up());
  private static final Member CAT = member(3, "coordinator", MemberStatus.up());
  private static final Member DEAD = member(4, "worker", MemberStatus.leaving());
  private static final Member WORKER = member(5, "worker", MemberStatus.up());
  private static final List<Member> ALL = List.of(ANN, BOB, CAT, DEAD, WORKER);

  private static Member member(int number, String role, MemberStatus status) {
    var address =
        new UniqueAddress(new Address("pekko", "espalier", "10.0.0." + number, 1), number);
    var roles = CollectionConverters.asScala(Set.of(role, "dc-" + DATA_CENTER));
    return new Member(address, number, status, roles.toSet(), Version.Zero());
  }

  /** Who does not see whom. */
  private record Silence(Member observer, Member subject) {}

  private static Set<Member> downed(DowningStrategy strategy, Silence... silences) {
    ALL.forEach(strategy::add);
    Reachability reachability = Reachability.empty();
    for (Silence silence : silences) {
      reachability =
          reachability.unreachable(
              silence.observer().uniqueAddress(), silence.subject().uniqueAddress());
      strategy.addUnreachable(silence.subject());
    }
    strategy.setReachability(reachability);
    var nodes = new HashSet<>(CollectionConverters.asJava(strategy.nodesToDown(strategy.decide())));
    var downed = new HashSet<Member>();
    ALL.stream().filter(member -> nodes.contains(member.uniqueAddress())).forEach(downed::add);
    return downed;
  }

  private static DowningStrategy of(Member own) {
    return new CoordinatorMajority(DATA_CENTER, own.uniqueAddress());
  }

  private static Silence[] aCoordinatorAndAWorkerBeforeIt() {
    return new Silence[] {
      new Silence(ANN, DEAD),
      new Silence(BOB, DEAD),
      new Silence(BOB, ANN),
      new Silence(CAT, ANN),
      new Silence(WORKER, ANN)
    };
  }

  @Test
  void a_coordinator_that_saw_a_worker_die_and_dies_itself_takes_no_other_along() {
    assertThat(downed(of(BOB), aCoordinatorAndAWorkerBeforeIt()))
        .containsExactlyInAnyOrder(ANN, DEAD);
  }

  /** Why there is a strategy of its own: on this the resolver downs all. */
  @Test
  void pekkos_keep_majority_cannot_decide_that() {
    var pekkos = new KeepMajority(DATA_CENTER, Option.apply("coordinator"), BOB.uniqueAddress());
    assertThatThrownBy(() -> downed(pekkos, aCoordinatorAndAWorkerBeforeIt()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("SBR double");
  }

  @Test
  void a_side_with_fewer_coordinators_downs_itself_and_the_workers_that_it_has() {
    assertThat(
            downed(
                of(ANN),
                new Silence(ANN, BOB),
                new Silence(ANN, CAT),
                new Silence(WORKER, BOB),
                new Silence(WORKER, CAT)))
        .contains(ANN, WORKER)
        .doesNotContain(BOB, CAT);
  }

  @Test
  void a_worker_that_is_alone_downs_itself() {
    assertThat(
            downed(
                of(WORKER),
                new Silence(WORKER, ANN),
                new Silence(WORKER, BOB),
                new Silence(WORKER, CAT),
                new Silence(WORKER, DEAD)))
        .containsExactly(WORKER);
  }

  @Test
  void a_worker_that_is_lost_is_downed_and_nobody_else() {
    assertThat(downed(of(ANN), new Silence(ANN, WORKER), new Silence(BOB, WORKER)))
        .containsExactly(WORKER);
  }

  @Test
  void coordinators_that_see_each_other_over_a_third_only_are_downed_both() {
    assertThat(downed(of(CAT), new Silence(ANN, BOB), new Silence(BOB, ANN)))
        .containsExactlyInAnyOrder(ANN, BOB);
  }
}
