package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.PassSpec;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.memory.PassMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Branches trained together in one lane: each has the numbers it has alone. */
class LaneTest extends LanesBranches {
  private void packedIsAlone(int count, Map<String, String> common) {
    List<Curve> curves = new ArrayList<>();
    List<BranchRun> runs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      curves.add(new Curve());
      runs.add(run(i, Cell.of(i, common), curves.get(i)));
    }

    List<List<TrialResult>> results = Packs.together(runs);

    for (int i = 0; i < count; i++) {
      Curve alone = new Curve();
      TrialResult its = Packs.alone(run(100 + i, Cell.of(i, common), alone)).get(0);
      TrialResult packed = results.get(i).get(0);
      assertSame(curves.get(i), alone, "branch " + i);
      assertThat(packed.outcome()).isEqualTo(new Outcome.Completed());
      assertThat(packed.samples()).isEqualTo(its.samples());
      assertThat(packed.tokens()).isEqualTo(its.tokens());
      assertThat(exported(i, packed)).hasSameSizeAs(exported(100 + i, its));
    }
  }

  private float[] exported(int id, TrialResult result) {
    Path adapter = sweep.resolve(Integer.toString(id)).resolve(result.adapter().orElseThrow());
    return PeftFormat.read(adapter, model.config()).values();
  }

  @ParameterizedTest
  @CsvSource({"2, 0", "4, 0", "8, 0", "16, 0", "2, 0.2", "4, 0.2", "8, 0.2", "16, 0.2"})
  void branches_of_unlike_batch_rank_rate_and_length_train_as_each_alone(
      int count, String dropout) {
    packedIsAlone(count, Map.of("lora_dropout", dropout));
  }

  @ParameterizedTest
  @ValueSource(strings = {"token", "mean_of_means"})
  void an_update_in_smaller_passes_is_the_same_update(String normalisation) {
    Cell cell = Cell.of(1, Map.of("loss_normalisation", normalisation));
    Curve whole = new Curve();
    Curve cut = new Curve();
    Packs.alone(run(0, cell, whole));
    BranchRun one = run(1, cell, cut, new PassSpec(OptionalInt.empty(), OptionalInt.of(1), false));
    assertThat(one.microBatch()).isEqualTo(1);
    Packs.alone(one);
    assertSame(cut, whole, "row by row");
  }

  @Test
  void reproducible_branches_have_every_bit_that_they_have_alone() {
    List<Curve> curves = new ArrayList<>();
    List<BranchRun> runs = new ArrayList<>();
    PassSpec alone = new PassSpec(OptionalInt.empty(), OptionalInt.empty(), true);
    for (int i = 0; i < 4; i++) {
      curves.add(new Curve());
      runs.add(run(i, Cell.of(i, Map.of()), curves.get(i), alone));
    }
    Packs.together(runs);

    for (int i = 0; i < 4; i++) {
      Curve its = new Curve();
      Packs.alone(run(100 + i, Cell.of(i, Map.of()), its));
      assertThat(curves.get(i).numbers()).isEqualTo(its.numbers());
      assertThat(curves.get(i).losses).isEqualTo(its.losses);
    }
  }

  @Test
  void dora_and_lora_plus_train_as_each_alone() {
    packedIsAlone(4, Map.of("use_dora", "true", "lorap_lr_ratio", "4"));
  }

  @Test
  void branches_that_no_pack_has_room_for_train_side_by_side() {
    Cell adam = Cell.of(0, Map.of("optimizer", "adam"));
    Cell sgd = Cell.of(1, Map.of("optimizer", "sgd"));
    Cell full = new Cell(Leases.training(TrainType.FULL, 1e-4, 2, 1), 5);
    List<Curve> curves = List.of(new Curve(), new Curve(), new Curve());

    Packs.together(
        List.of(
            run(0, adam, curves.get(0)), run(1, sgd, curves.get(1)), run(2, full, curves.get(2))));

    List<Cell> cells = List.of(adam, sgd, full);
    for (int i = 0; i < 3; i++) {
      Curve alone = new Curve();
      Packs.alone(run(100 + i, cells.get(i), alone));
      assertSame(curves.get(i), alone, "branch " + i);
    }
  }

  @Test
  void the_branches_of_a_lane_divide_its_time_among_them_and_waiting_costs_none() {
    Cell cell = new Cell(Leases.training(TrainType.LORA, 1e-3, 2, 1), 6);
    // Made first and trained last: what the others take is none of its time.
    BranchRun late = run(0, cell, new Curve());
    long before = System.nanoTime();
    List<List<TrialResult>> together =
        Packs.together(
            List.of(
                run(1, cell, new Curve()), run(2, cell, new Curve()), run(3, cell, new Curve())));
    List<TrialResult> alone = Packs.alone(late);
    double all = (System.nanoTime() - before) * 1e-9;

    double told =
        alone.get(0).seconds()
            + together.stream().mapToDouble(results -> results.get(0).seconds()).sum();
    assertThat(told).isPositive().isLessThanOrEqualTo(all);
  }

  @Test
  void a_neighbour_that_diverges_leaves_and_disturbs_nobody() {
    Cell wild = new Cell(Leases.training(TrainType.LORA, 1e30, 4, 1), 9);
    Cell calm = new Cell(Leases.training(TrainType.LORA, 1e-2, 4, 1), 9);
    Curve curve = new Curve();
    Curve alone = new Curve();

    List<List<TrialResult>> results =
        Packs.together(List.of(run(0, wild, new Curve()), run(1, calm, curve)));
    Packs.alone(run(2, calm, alone));

    assertThat(results.get(0).get(0).outcome().reason()).startsWith("non_finite");
    assertThat(results.get(1).get(0).outcome()).isEqualTo(new Outcome.Completed());
    assertSame(curve, alone, "the calm one");
  }

  @Test
  void what_branches_save_together_counts_against_the_speed_of_one_alone() {
    Cell cell = new Cell(Leases.training(TrainType.LORA, 1e-2, 1, 1), 4);
    var crawling = new PassCost(PassMemory.UNBOUNDED, OptionalDouble.of(1e-3));
    Curve one = new Curve();
    Curve other = new Curve();
    Packs.together(
        List.of(
            run(0, cell, one, PassSpec.FREE, crawling),
            run(1, cell, other, PassSpec.FREE, crawling)));
    assertThat(one.saved + other.saved).as("a thousand seconds a token").isGreaterThan(8_000);

    Curve alone = new Curve();
    Packs.alone(run(2, cell, alone, PassSpec.FREE, crawling));
    assertThat(alone.saved).isZero();
  }
}
