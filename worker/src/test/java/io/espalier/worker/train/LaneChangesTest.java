package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.PassSpec;
import io.espalier.common.trial.Outcome;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Branches that come, go and change lanes between passes. */
class LaneChangesTest extends LanesBranches {
  @Test
  void branches_come_and_go_between_passes() {
    List<Curve> curves = new ArrayList<>();
    List<BranchRun> runs = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      curves.add(new Curve());
      runs.add(run(i, Cell.of(i, Map.of()), curves.get(i)));
    }
    try (Lane lane = new Lane()) {
      int joined = 0;
      for (int pass = 0; joined < 6 || lane.size() > 0; pass++) {
        // In the middle of updates that take four passes, too.
        if (joined < 6 && pass % 5 == 0) {
          lane.join(runs.get(joined++));
        }
        if (pass == 17) {
          runs.get(3).stop(new Outcome.Stopped("enough"));
        }
        lane.pass();
        lane.ended();
      }
    }

    for (int i = 0; i < 6; i++) {
      Curve alone = new Curve();
      Packs.alone(run(100 + i, Cell.of(i, Map.of()), alone));
      if (i == 3) {
        assertThat(runs.get(3).results().get(0).outcome()).isEqualTo(new Outcome.Stopped("enough"));
        int made = curves.get(3).updates.size();
        assertThat(made).isLessThan(alone.updates.size());
        alone.updates.subList(made, alone.updates.size()).clear();
        alone.losses.keySet().removeIf(update -> update > made);
      }
      assertSame(curves.get(i), alone, "branch " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_branch_that_goes_on_in_another_lane_trains_as_alone(boolean reproducible) {
    PassSpec passes = new PassSpec(OptionalInt.empty(), OptionalInt.of(1), reproducible);
    List<Curve> curves = new ArrayList<>();
    List<BranchRun> runs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      curves.add(new Curve());
      runs.add(run(i, Cell.of(i, Map.of()), curves.get(i), passes));
    }
    try (Lane from = new Lane();
        Lane to = new Lane()) {
      runs.forEach(from::join);
      // In the middle of updates that take several passes.
      IntStream.range(0, 5).forEach(pass -> from.pass());
      to.take(from.leave(Set.of(runs.get(0), runs.get(2))));
      assertThat(from.size()).isEqualTo(1);
      assertThat(to.size()).isEqualTo(2);
      for (Lane lane : List.of(to, from)) {
        while (lane.size() > 0) {
          lane.pass();
          lane.ended();
        }
      }
    }

    for (int i = 0; i < 3; i++) {
      Curve alone = new Curve();
      Packs.alone(run(100 + i, Cell.of(i, Map.of()), alone, passes));
      assertSame(curves.get(i), alone, "branch " + i);
      if (reproducible) {
        assertThat(curves.get(i).numbers()).isEqualTo(alone.numbers());
      }
    }
  }

  @Test
  void who_stays_in_a_pack_stays_on_the_device_and_an_empty_pack_is_freed() throws IOException {
    List<List<Seat>> seats = new ArrayList<>();
    List<Pack> open = new ArrayList<>();
    BranchRun first = run(0, Cell.of(0, Map.of()), new Curve());
    BranchRun second = run(1, Cell.of(1, Map.of()), new Curve());
    try (Lane lane = new Lane((base, all) -> new CountedPack(base, all, seats, open))) {
      lane.join(first);
      lane.pass();
      lane.join(second);
      lane.pass();
      lane.leave(Set.of(first));
      lane.pass();
      assertThat(open).hasSize(1);
      lane.leave(Set.of(second));
      assertThat(open).isEmpty();
    }

    assertThat(seats.stream().map(all -> all.stream().map(Object::getClass).toList()))
        .containsExactly(
            List.of(Slot.class), List.of(Seat.Taken.class, Slot.class), List.of(Seat.Taken.class));
  }

  /** Says what it was made of, and whether it is open. */
  private static final class CountedPack extends Pack {
    private final List<Pack> open;

    CountedPack(
        BaseModel model, List<? extends Seat> all, List<List<Seat>> seats, List<Pack> open) {
      super(model, all);
      this.open = open;
      seats.add(List.copyOf(all));
      open.add(this);
    }

    @Override
    public void close() {
      super.close();
      open.remove(this);
    }
  }
}
