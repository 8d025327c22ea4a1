package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Examples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the next coordinator of a store makes of what the one before left. */
class CoordinatorRestartTest extends ScriptedSweeps {
  @Test
  void beyond_the_room_for_checkpoints_the_sweep_that_ended_first_gives_its_own_up()
      throws Exception {
    var left = new ArrayList<Path>();
    try (Coordinator coordinator = start()) {
      for (boolean ann : new boolean[] {true, false}) {
        try (ScriptedWorker worker = join(coordinator, ann)) {
          SweepId sweep = submit(coordinator);
          prepare(worker);
          for (int trial = 0; trial < 2; trial++) {
            worker.offer(1);
            Lease lease = granted(worker);
            left.add(endAtCheckpoint(worker, lease));
          }
          await().until(() -> view(coordinator, sweep).state().ended());
        }
        clock.advance(Duration.ofMinutes(1));
      }
    }
    assertThat(left).allMatch(Files::exists);
    try (Coordinator coordinator = start(OptionalLong.of(20))) {
      await().until(() -> Files.notExists(left.get(0)) && Files.notExists(left.get(1)));
      assertThat(left.subList(2, 4)).allMatch(Files::exists);
    }
  }

  /** Ends a trial whose exact state is kept, in 7 bytes; where. */
  private static Path endAtCheckpoint(ScriptedWorker worker, Lease lease) throws Exception {
    String place = "branches/%s/%s/checkpoints/46".formatted(lease.branch().id(), lease.attempt());
    Path file = Path.of(lease.sweepDirectory()).resolve(place);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "weights");
    int trial = lease.branch().milestones().get(0).trial().number();
    TrialResult made = Examples.result(trial, new Outcome.Completed());
    worker.ended(
        lease.key(),
        0,
        new TrialResult(
            made.trial(),
            made.outcome(),
            made.updates(),
            made.epochs(),
            made.samples(),
            made.tokens(),
            made.trainLoss(),
            made.metrics(),
            made.seconds(),
            made.adapter(),
            made.provenance(),
            List.of(),
            Optional.of(new Checkpoint(46, place))));
    worker.expect(ToWorker.ResultAcknowledged.class);
    return file;
  }

  @Test
  void a_restarted_coordinator_goes_on_from_its_journal() throws Exception {
    Lease lease;
    SweepId sweep;
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      sweep = submit(coordinator);
      prepare(worker);
      worker.offer(1);
      lease = granted(worker);
    }
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      ToWorker.Registered registered = worker.register(1, lease.key());
      assertThat(registered.coordinatorEpoch()).isEqualTo(2);
      assertThat(coordinator.unfinished().toCompletableFuture().get(30, TimeUnit.SECONDS))
          .containsExactly(new Coordinator.Unfinished(sweep, true));
      assertThat(registered.stored()).containsExactly(new ToWorker.Stored(lease.key(), 0));
      end(worker, lease);
      worker.offer(1);
      Lease next = granted(worker);
      assertThat(next.attempt().epoch()).isEqualTo(2);
      end(worker, next);
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.COMPLETED);
    }
    try (Coordinator coordinator = start()) {
      assertThat(view(coordinator, sweep).state()).isEqualTo(SweepView.State.COMPLETED);
    }
  }

  @Test
  void an_end_that_was_journaled_and_not_written_is_written_by_the_next_life() throws Exception {
    Path directory = folder.resolve("store/sweeps/demo-1");
    Path inTheWay = directory.resolve("sweep.json.new");
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      SweepId sweep = submit(coordinator);
      await().until(() -> Files.exists(directory.resolve("sweep.json")));
      prepare(worker);
      worker.offer(1);
      end(worker, granted(worker));
      worker.offer(1);
      Lease last = granted(worker);
      await()
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> Files.isDirectory(Files.createDirectories(inTheWay)));
      end(worker, last);
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.COMPLETED);
    }
    assertThat(directory.resolve("sweep.json")).hasContent("RUNNING");
    Files.delete(inTheWay);
    try (Coordinator coordinator = start()) {
      await().until(() -> Files.readString(directory.resolve("sweep.json")).equals("COMPLETED"));
      assertThat(coordinator.whenEnded().toCompletableFuture()).isNotDone();
    }
  }
}
