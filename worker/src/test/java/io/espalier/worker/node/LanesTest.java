package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.espalier.common.AbsentHere;
import io.espalier.common.UserError;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.train.BranchRun;
import io.espalier.worker.train.Leases;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LanesTest {
  private static final Outcome ENOUGH = new Outcome.Stopped("enough");

  @TempDir Path folder;

  @Test
  void a_branch_that_is_stopped_in_the_queue_ends_though_no_slot_is_free() throws Exception {
    var threads = new LaneThreads(1, LaneSlots.of(1));
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try (BaseModel model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu())) {
      TokenizedDataset data = Leases.data(Golden.rows("qwen2_tiny"));
      BranchRun training =
          run(
              model,
              data,
              () -> {
                entered.countDown();
                release.await();
              });
      BranchRun waiting = run(model, data, () -> {});
      var ended = new CountDownLatch(1);
      assertThat(threads.isIdle()).isTrue();
      threads.train(training, () -> {});
      assertThat(threads.isIdle()).isFalse();
      assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
      threads.train(waiting, ended::countDown);

      waiting.stop(ENOUGH);
      threads.withdraw(waiting, ENOUGH);

      assertThat(ended.getCount()).isZero();
      assertThat(waiting.results().get(0).outcome()).isEqualTo(ENOUGH);
      assertThat(waiting.results().get(0).seconds()).as("of the device").isZero();
      assertThat(training.hasEnded()).isFalse();

      training.stop(ENOUGH);
      threads.withdraw(training, ENOUGH);
      assertThat(training.hasEnded()).as("it is the lane's").isFalse();
      release.countDown();
      assertThat(threads.close(Duration.ofSeconds(60))).isTrue();
      assertThat(training.results()).hasSize(1);
    } finally {
      release.countDown();
    }
  }

  @Test
  void a_lane_without_branches_gets_some_of_another_lanes_when_nothing_waits() throws Exception {
    var threads = new LaneThreads(2, LaneSlots.of(2));
    Map<Integer, Set<String>> lanes = new ConcurrentHashMap<>();
    try (BaseModel model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu())) {
      TokenizedDataset data = Leases.data(Golden.rows("qwen2_tiny"));
      var ended = new CountDownLatch(4);
      // A lane's two end soon; the other's are slow.
      for (int branch = 0; branch < 4; branch++) {
        int its = branch;
        Pause seen =
            () -> {
              lanes
                  .computeIfAbsent(its, none -> ConcurrentHashMap.newKeySet())
                  .add(Thread.currentThread().getName());
              if (its >= 2) {
                Thread.sleep(20);
              }
            };
        threads.train(
            its < 2
                ? run(model, data, 1, 3, "" + its, seen)
                : run(model, data, 4, 60, "" + its, seen),
            ended::countDown);
      }
      assertThat(ended.await(120, TimeUnit.SECONDS)).isTrue();
      assertThat(threads.close(Duration.ofSeconds(60))).isTrue();
    }
    assertThat(lanes.get(2)).isNotEmpty();
    assertThat(Stream.of(2, 3).flatMap(its -> lanes.get(its).stream()).distinct()).hasSize(2);
  }

  @Test
  void what_one_machine_lacks_is_told_from_what_is_wrong_everywhere() {
    UserError wrong = new UserError("data.jsonl:3: not JSON");
    assertThat(PreparationProblem.isOnlyHere(wrong)).isFalse();
    assertThat(PreparationProblem.isOnlyHere(new AbsentHere("no model here"))).isTrue();
    assertThat(PreparationProblem.isOnlyHere(new UserError("disk", new IOException()))).isTrue();
    assertThat(PreparationProblem.isOnlyHere(new OutOfMemoryError())).isTrue();
  }

  private interface Pause {
    void take() throws InterruptedException;
  }

  private BranchRun run(BaseModel model, TokenizedDataset data, Pause atUpdate) {
    return run(model, data, 4, 3, "sweep", atUpdate);
  }

  private BranchRun run(
      BaseModel model,
      TokenizedDataset data,
      int batch,
      long updates,
      String sweep,
      Pause atUpdate) {
    return new BranchRun(
        Leases.lease(
            Leases.training(TrainType.LORA, 1e-3, batch, 1),
            Leases.NON_FINITE_ONLY,
            folder.resolve(sweep),
            updates),
        model,
        data,
        Arrays::toString,
        (update, epoch, samples, tokens, measurement) -> {
          try {
            atUpdate.take();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
