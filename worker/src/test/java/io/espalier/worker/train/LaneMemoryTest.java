package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.memory.HostMemory;
import io.espalier.worker.memory.MemoryModel;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Lanes whose device has too little memory, or says so. */
class LaneMemoryTest extends LanesBranches {
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
