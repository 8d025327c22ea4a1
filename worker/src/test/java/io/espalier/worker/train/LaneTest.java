package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.memory.HostMemory;
import io.espalier.worker.memory.MemoryModel;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Branches trained together in one lane: each has the numbers it has alone. */
class LaneTest {
  /** Of a loss, relative; golden runs are given as much after 30 updates. */
  private static final double LOSSES = 1e-4;

  private static BaseModel model;
  private static TokenizedDataset data;
  @TempDir Path sweep;

  @BeforeAll
  static void load() {
    model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu());
    data = Leases.data(Golden.rows("qwen2_tiny"));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  /** What a branch told, update by update. */
  private static final class Curve implements BranchListener {
    private final List<Measurement.Update> updates = new ArrayList<>();
    private final Map<Long, Double> losses = new LinkedHashMap<>();
    private final List<Measurement.OutOfMemory> relieved = new ArrayList<>();
    private double saved;

    @Override
    public void saved(double seconds) {
      saved += seconds;
    }

    /** Without the speeds, of which no two are the same. */
    List<List<Double>> numbers() {
      return updates.stream()
          .map(made -> List.of(made.trainLoss(), made.learningRate(), made.gradNorm()))
          .toList();
    }

    @Override
    public void measured(
        long update, double epoch, long samples, long tokens, Measurement measurement) {
      if (measurement instanceof Measurement.Update made) {
        updates.add(made);
      } else if (measurement instanceof Measurement.Evaluation value
          && value.name().equals("eval_loss")) {
        losses.put(update, value.value());
      } else if (measurement instanceof Measurement.OutOfMemory smaller) {
        relieved.add(smaller);
      }
    }
  }

  /** One of the branches that share the lane: number i is unlike its neighbours. */
  private record Cell(Training training, long updates) {
    static Cell of(int i, Map<String, String> common) {
      double[] rates = {1e-2, 3e-3, 1e-3, 5e-3};
      int[] batches = {1, 4, 2, 1, 4, 3};
      int[] accumulations = {1, 1, 2, 4, 2};
      int[] ranks = {4, 2, 8};
      Map<String, String> own = new HashMap<>(common);
      own.put("lora_rank", Integer.toString(ranks[i % 3]));
      own.put("lora_alpha", Integer.toString(8 + i));
      own.put("seed", Integer.toString(i));
      own.put("weight_decay", i % 2 == 0 ? "0.1" : "0");
      own.put("lr_scheduler_type", i % 2 == 0 ? "cosine" : "constant");
      own.put("max_grad_norm", i % 3 == 0 ? "0.5" : "1");
      Training training =
          Leases.hyperparameters(TrainType.LORA, rates[i % 4], batches[i % 6], accumulations[i % 5])
              .with(own)
              .training();
      return new Cell(training, 30 - 7L * (i % 4));
    }
  }

  private BranchRun run(int id, Cell cell, Curve curve) {
    return run(id, cell, curve, PassSpec.FREE);
  }

  private BranchRun run(int id, Cell cell, Curve curve, PassSpec passes) {
    return run(id, cell, curve, passes, PassCost.UNKNOWN);
  }

  private BranchRun run(int id, Cell cell, Curve curve, PassSpec passes, PassCost cost) {
    Lease one =
        Leases.lease(
            cell.training(),
            Leases.NON_FINITE_ONLY,
            sweep.resolve(Integer.toString(id)),
            cell.updates());
    Branch branch = new Branch(new BranchId(id), one.branch().config(), one.branch().milestones());
    Lease lease =
        new Lease(
            one.sweep(),
            one.attempt(),
            branch,
            with(one.settings(), passes),
            one.dataset(),
            one.sweepDirectory());
    return new BranchRun(lease, model, data, Arrays::toString, curve, Cadence.NEVER, cost);
  }

  private static TaskSettings with(TaskSettings old, PassSpec passes) {
    return new TaskSettings(
        old.model(),
        old.dataset(),
        old.evaluation(),
        old.guard(),
        old.earlyStopping(),
        old.best(),
        old.steps(),
        Optional.of(passes),
        old.objective(),
        false);
  }

  private static void assertSame(Curve packed, Curve alone, String branch) {
    assertThat(packed.updates).as(branch).hasSameSizeAs(alone.updates);
    for (int i = 0; i < packed.updates.size(); i++) {
      Measurement.Update is = packed.updates.get(i);
      Measurement.Update was = alone.updates.get(i);
      String at = "%s, update %d".formatted(branch, i + 1);
      double tolerance = i == 0 ? 1e-5 : LOSSES;
      assertThat(is.learningRate()).as(at).isEqualTo(was.learningRate());
      assertThat(is.trainLoss())
          .as(at)
          .isCloseTo(was.trainLoss(), within(tolerance * was.trainLoss()));
      assertThat(is.gradNorm())
          .as(at)
          .isCloseTo(was.gradNorm(), within(10 * tolerance * was.gradNorm()));
    }
    assertThat(packed.losses.keySet()).as(branch).isEqualTo(alone.losses.keySet());
    packed.losses.forEach(
        (update, loss) ->
            assertThat(loss).as(branch).isCloseTo(alone.losses.get(update), within(LOSSES * loss)));
  }

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

  /** A device on which a pass of more rows, or of more slots, breaks. */
  private static final class SmallPack extends Pack {
    private final int rows;
    private final int slots;
    private final String problem;

    SmallPack(BaseModel model, List<? extends Seat> all, int rows, int slots, String problem) {
      super(model, all);
      this.rows = rows;
      this.slots = slots;
      this.problem = problem;
    }

    @Override
    void accumulate(MicroBatch batch) {
      if (batch.rows().count() > rows || size() > slots) {
        throw new EngineException(problem);
      }
      super.accumulate(batch);
    }
  }

  /** What each of four branches was told of memory that ran out. */
  private List<List<Measurement.OutOfMemory>> trainsOn(TrainingPack.Device device) {
    List<Curve> curves = new ArrayList<>();
    List<BranchRun> runs = new ArrayList<>();
    Cell cell = new Cell(Leases.training(TrainType.LORA, 1e-2, 4, 2), 6);
    for (int i = 0; i < 4; i++) {
      curves.add(new Curve());
      runs.add(run(i, cell, curves.get(i)));
    }
    try (Lane lane = new Lane(device)) {
      runs.forEach(lane::join);
      while (runs.stream().anyMatch(run -> !run.hasEnded())) {
        lane.pass();
      }
    }

    Curve alone = new Curve();
    Packs.alone(run(100, cell, alone));
    for (int i = 0; i < 4; i++) {
      assertThat(runs.get(i).results().get(0).outcome()).isEqualTo(new Outcome.Completed());
      assertSame(curves.get(i), alone, "branch " + i);
    }
    return curves.stream().map(curve -> curve.relieved).toList();
  }

  private static Measurement.OutOfMemory rows(int tried, int next) {
    return new Measurement.OutOfMemory(Measurement.OutOfMemory.ROWS, tried, next);
  }

  @Test
  void when_memory_runs_out_passes_have_fewer_rows_and_each_branch_tells_it() throws IOException {
    List<List<Measurement.OutOfMemory>> told =
        trainsOn((base, slots) -> new SmallPack(base, slots, 4, 9, "can't allocate memory"));

    assertThat(told).hasSize(4).containsOnly(List.of(rows(4, 2), rows(2, 1)));
    assertThat(sweep.resolve("3/branches/3/1-1/trial.log"))
        .content()
        .contains("warning: memory ran out at update 1 with rows_per_branch 4; from here on 2");
  }

  @Test
  void when_memory_runs_out_with_one_row_each_packs_have_fewer_slots() {
    List<List<Measurement.OutOfMemory>> told =
        trainsOn((base, slots) -> new SmallPack(base, slots, 2, 9, "CUDA out of memory"));

    assertThat(told)
        .hasSize(4)
        .containsOnly(
            List.of(
                rows(4, 2),
                rows(2, 1),
                new Measurement.OutOfMemory(Measurement.OutOfMemory.BRANCHES, 4, 2)));
  }

  @Test
  void a_pass_that_breaks_is_tried_with_fewer_slots() {
    List<List<Measurement.OutOfMemory>> told =
        trainsOn((base, slots) -> new SmallPack(base, slots, 99, 1, "an engine's caprice"));

    assertThat(told).as("memory was not short").containsOnly(List.of());
  }

  @Test
  void a_branch_too_large_even_alone_fails_with_advice() {
    BranchRun run = run(0, new Cell(Leases.training(TrainType.LORA, 1e-2, 4, 1), 3), new Curve());
    try (Lane lane =
        new Lane((base, slots) -> new SmallPack(base, slots, 0, 9, "CUDA out of memory. Tried"))) {
      lane.join(run);
      while (lane.size() > 0) {
        lane.pass();
        lane.ended();
      }
    }

    assertThat(run.results().get(0).outcome().reason())
        .startsWith("out of memory at update 1")
        .contains("max_length");
  }

  /** Of a host where a token takes a MiB, and so many are available. */
  private static PassCost room(int tokens) {
    var host =
        new HostMemory() {
          @Override
          public long resident() {
            return 0;
          }

          @Override
          public boolean restartPeak() {
            return false;
          }

          @Override
          public OptionalLong available() {
            return OptionalLong.of((long) tokens << 20);
          }
        };
    List<MemoryModel.Seen> seen = List.of(new MemoryModel.Seen(1, 100, 100 << 20));
    return new PassCost(new PassMemory(host, 0, seen, 0, 1, Duration.ZERO), OptionalDouble.empty());
  }

  @Test
  void passes_that_would_not_fit_are_made_smaller_and_trains_the_same() {
    Cell cell = new Cell(Leases.training(TrainType.LORA, 1e-2, 4, 2), 6);
    int longest = data.train().stream().mapToInt(TokenRow::length).max().orElseThrow();
    PassCost room = room(5 * longest);
    List<Curve> curves = new ArrayList<>();
    List<BranchRun> runs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      curves.add(new Curve());
      runs.add(run(i, cell, curves.get(i), PassSpec.FREE, room));
    }

    Packs.together(runs);

    Curve alone = new Curve();
    Packs.alone(run(100, cell, alone));
    for (int i = 0; i < 4; i++) {
      assertSame(curves.get(i), alone, "branch " + i);
      assertThat(curves.get(i).relieved).containsExactly(rows(4, 2), rows(2, 1));
    }
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

  @Test
  void a_row_that_does_not_fit_ends_its_branch_with_what_it_takes_and_what_there_is() {
    Cell cell = new Cell(Leases.training(TrainType.LORA, 1e-2, 1, 1), 6);
    BranchRun run = run(0, cell, new Curve(), PassSpec.FREE, room(2));

    Packs.alone(run);

    assertThat(run.results().get(0).outcome().reason())
        .matches(
            "out of memory at update 1 with one row in a pass: .*max_length.*gradient_checkpointing"
                + ".*a pass of \\d+ tokens takes about \\d+ MiB, and 2 MiB are available to it\\)");
  }
}
