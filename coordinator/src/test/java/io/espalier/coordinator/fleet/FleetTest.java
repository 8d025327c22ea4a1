package io.espalier.coordinator.fleet;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.BOB;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.SWEEP;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.sweep.Halt;
import io.espalier.coordinator.sweep.SweepInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FleetTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Lease.Key LEASE = lease(0, 1);

  private Instant now = NOW;
  private Fleet fleet = Fleet.empty(PATIENCE, NOW);

  private static Lease.Key lease(int branch, int attempt) {
    return new Lease.Key(SWEEP, new BranchId(branch), new Attempt(1, attempt));
  }

  private void join(WorkerId worker, int slots) {
    fleet = fleet.registered(worker, slots, now);
  }

  private void offer(WorkerId worker, int free, Lease.Key... holding) {
    int slots = fleet.member(worker).orElseThrow().slots();
    fleet = fleet.offered(worker, slots, free, List.of(holding), now);
  }

  /** Looks at the clock each second, as the actor does. */
  private List<Fleet.Loss> pass(int seconds) {
    List<Fleet.Loss> losses = new ArrayList<>();
    for (int second = 0; second < seconds; second++) {
      now = now.plusSeconds(1);
      Fleet.Tick tick = fleet.tick(now);
      fleet = tick.fleet();
      losses.addAll(tick.losses());
    }
    return losses;
  }

  @Test
  void a_worker_has_room_for_what_it_offers_and_no_more_than_its_slots() {
    join(ANN, 2);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isZero();
    offer(ANN, 2);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isEqualTo(2);
    fleet = fleet.granted(ANN, LEASE);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isEqualTo(1);
    offer(ANN, 2);
    assertThat(fleet.room(ANN, Set.of(), NOW).free())
        .as("the offer crossed the grant")
        .isEqualTo(1);
  }

  @Test
  void a_worker_may_hold_one_branch_more_for_every_four_slots() {
    join(ANN, 2);
    offer(ANN, 2);
    assertThat(fleet.room(ANN, Set.of(), NOW)).isEqualTo(new SweepInput.Room(2, 1, 2));
    fleet = fleet.granted(ANN, LEASE).granted(ANN, lease(1, 2));
    offer(ANN, 0, LEASE, lease(1, 2));
    assertThat(fleet.room(ANN, Set.of(), NOW)).isEqualTo(new SweepInput.Room(0, 1, 2));
    fleet = fleet.granted(ANN, lease(2, 3));
    assertThat(fleet.room(ANN, Set.of(), NOW)).isEqualTo(new SweepInput.Room(0, 0, 2));
    assertThat(fleet.usedSlots()).isEqualTo(2);
  }

  @Test
  void a_worker_offers_more_slots_when_it_knows_what_it_trains() {
    join(ANN, 1);
    fleet = fleet.offered(ANN, 8, 8, List.of(), now);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isEqualTo(8);
    assertThat(fleet.slots()).isEqualTo(8);
  }

  @Test
  void branches_go_round_among_the_workers_that_have_use_for_them() {
    join(ANN, 4);
    join(BOB, 4);
    offer(ANN, 4);
    offer(BOB, 4);
    assertThat(fleet.room(ANN, Set.of(), NOW)).isEqualTo(new SweepInput.Room(1, 0, 8, false));
    fleet = fleet.granted(ANN, LEASE);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).as("it is the other's turn").isZero();
    assertThat(fleet.room(BOB, Set.of(), NOW).free()).isEqualTo(2);
    assertThat(fleet.room(ANN, Set.of(BOB), NOW).free()).as("the other wants none").isEqualTo(3);
  }

  @Test
  void a_worker_without_work_may_have_one_of_several_branches_of_another() {
    join(ANN, 4);
    join(BOB, 4);
    offer(ANN, 4);
    offer(BOB, 4);
    fleet = fleet.granted(ANN, LEASE).granted(ANN, lease(1, 2));
    assertThat(fleet.imbalance(Set.of(), NOW)).as("there may be work for both").isEmpty();
    assertThat(fleet.imbalance(Set.of(BOB), NOW)).contains(new Fleet.Imbalance(SWEEP, ANN, BOB));
    fleet = fleet.granted(BOB, lease(2, 3));
    assertThat(fleet.imbalance(Set.of(BOB), NOW)).as("two and one are even").isEmpty();
  }

  @Test
  void what_has_ended_or_is_about_to_is_no_branch_to_be_moved() {
    join(ANN, 4);
    join(BOB, 4);
    offer(BOB, 4);
    Fleet both = fleet.granted(ANN, LEASE).granted(ANN, lease(1, 2));
    assertThat(both.imbalance(Set.of(BOB), NOW)).isPresent();
    assertThat(both.reported(LEASE).imbalance(Set.of(BOB), NOW)).isEmpty();
    Optional<Halt> stopped = Optional.of(Halt.forGood(new Outcome.Stopped("enough")));
    assertThat(both.ending(LEASE, stopped).imbalance(Set.of(BOB), NOW)).isEmpty();
  }

  @Test
  void a_reported_lease_takes_no_room_and_need_not_be_named() {
    join(ANN, 1);
    offer(ANN, 1);
    fleet = fleet.granted(ANN, LEASE).reported(LEASE);
    for (int i = 0; i < 5; i++) {
      offer(ANN, 1);
    }
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isEqualTo(1);
    assertThat(pass(1)).isEmpty();
  }

  @Test
  void a_lease_missing_from_three_offers_in_a_row_is_lost() {
    join(ANN, 1);
    offer(ANN, 1);
    fleet = fleet.granted(ANN, LEASE);
    offer(ANN, 1);
    offer(ANN, 1);
    offer(ANN, 0, LEASE);
    offer(ANN, 1);
    offer(ANN, 1);
    assertThat(pass(1)).isEmpty();
    offer(ANN, 1);
    assertThat(pass(1)).singleElement().satisfies(l -> assertThat(l.leases()).contains(LEASE));
    assertThat(fleet.holds(ANN, LEASE)).isFalse();
    assertThat(pass(1)).isEmpty();
  }

  @Test
  void a_silent_workers_leases_and_preparations_are_lost_once() {
    join(ANN, 2);
    offer(ANN, 2);
    fleet = fleet.granted(ANN, LEASE).preparing(SWEEP, ANN);
    assertThat(pass(20)).isEmpty();
    assertThat(pass(20))
        .singleElement()
        .isEqualTo(
            new Fleet.Loss(
                ANN, List.of(LEASE), List.of(SWEEP), "worker ann-cpu-1 was silent for 20 s"));
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isZero();
    offer(ANN, 1, LEASE);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isEqualTo(1);
    assertThat(fleet.ending(ANN, LEASE)).as("it works for nothing").isPresent();
  }

  @Test
  void a_disconnected_worker_keeps_its_leases_if_it_is_back_in_five_seconds() {
    join(ANN, 1);
    offer(ANN, 1);
    fleet = fleet.granted(ANN, LEASE);
    fleet = fleet.disconnected(ANN, now);
    assertThat(fleet.room(ANN, Set.of(), NOW).free()).isZero();
    assertThat(pass(4)).isEmpty();
    join(ANN, 1);
    offer(ANN, 0, LEASE);
    assertThat(pass(10)).isEmpty();
    fleet = fleet.disconnected(ANN, now);
    assertThat(pass(6)).singleElement().satisfies(l -> assertThat(l.leases()).contains(LEASE));
    assertThat(fleet.members()).isEmpty();
  }

  @Test
  void after_a_restart_each_worker_has_a_full_period_to_show_up_with_its_leases() {
    Lease.Key other = lease(1, 2);
    Halt stopped = Halt.forGood(new Outcome.Stopped("enough"));
    fleet =
        fleet.recovered(
            SWEEP, Map.of(LEASE, ANN, other, BOB), Map.of(LEASE, stopped), Optional.empty(), now);
    assertThat(pass(19)).isEmpty();
    join(ANN, 1);
    offer(ANN, 0, LEASE);
    assertThat(fleet.ending(ANN, LEASE)).contains(stopped);
    assertThat(pass(10)).singleElement().satisfies(l -> assertThat(l.worker()).isEqualTo(BOB));
  }

  @Test
  void when_this_process_slept_nobody_is_called_silent() {
    join(ANN, 1);
    offer(ANN, 1);
    fleet = fleet.granted(ANN, LEASE);
    now = now.plusSeconds(600);
    assertThat(pass(1)).isEmpty();
    assertThat(pass(19)).isEmpty();
    assertThat(pass(2)).hasSize(1);
  }

  @Test
  void a_finished_sweep_leaves_nothing_behind() {
    join(ANN, 1);
    offer(ANN, 1);
    fleet = fleet.granted(ANN, LEASE).preparing(SWEEP, ANN).without(SWEEP);
    assertThat(fleet.holds(ANN, LEASE)).isFalse();
    assertThat(fleet.preparing()).isEmpty();
    assertThat(fleet.usedSlots()).isZero();
  }
}
