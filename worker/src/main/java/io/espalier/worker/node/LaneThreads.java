package io.espalier.worker.node;

import io.espalier.common.trial.Outcome;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.train.BranchRun;
import io.espalier.worker.train.Lane;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lanes of a device, each on a thread of its own, which trains what {@link LaneWork} says. */
final class LaneThreads {
  private static final Logger log = LoggerFactory.getLogger(LaneThreads.class);

  private final LaneWork work;
  private final ExecutorService threads;

  LaneThreads(int lanes, LaneSlots slots) {
    work = new LaneWork(lanes, slots);
    AtomicInteger number = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            lanes, task -> new Thread(task, "lane-" + number.getAndIncrement()));
    for (int lane = 0; lane < lanes; lane++) {
      int its = lane;
      threads.execute(() -> run(its));
    }
  }

  /**
   * Trains a branch as soon as a lane has a slot for it.
   *
   * @param ended called when all its trials have ended, on the lane's thread or on that which
   *     withdraws it
   */
  void train(BranchRun run, Runnable ended) {
    work.add(run, ended);
  }

  /**
   * Ends a branch at once if it waits for a slot. One that a lane has taken ends there, as it was
   * told.
   */
  void withdraw(BranchRun run, Outcome outcome) {
    work.withdraw(run)
        .ifPresent(
            task -> {
              run.stop(outcome);
              run.endIfStopped();
              task.ended().run();
            });
  }

  /** The next branches are like this. */
  void expect(double tokensPerPass) {
    work.expect(tokensPerPass);
  }

  /** Go by this from here on; what trains, trains on. */
  void slots(LaneSlots next) {
    work.slots(next);
  }

  /** Branches that can be trained at a time, those in training among them. */
  int capacity() {
    return work.capacity();
  }

  /** Whether no branch is in training or waits for it. */
  boolean isIdle() {
    return work.isIdle();
  }

  private void run(int number) {
    try (Lane lane = new Lane()) {
      for (LaneWork.Turn turn = work.next(number);
          !turn.isEmpty() || lane.size() > 0;
          turn = work.next(number)) {
        pass(number, lane, turn);
        lane.ended().forEach(run -> work.ended(number, run).ended().run());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass(int number, Lane lane, LaneWork.Turn turn) {
    try {
      if (!turn.isEmpty()) {
        Libtorch.prepareThread();
      }
      turn.joining().forEach(task -> lane.join(task.run()));
      turn.given().forEach(lane::take);
      turn.gift().ifPresent(gift -> give(number, lane, gift));
      lane.pass();
    } catch (RuntimeException | Error e) {
      // Whatever it was, heap exhaustion too: a branch that never ends would hold its sweep
      // forever.
      log.error("a lane broke; its branches have failed", e);
      lane.fail(e);
    }
  }

  private void give(int number, Lane lane, LaneWork.Gift gift) {
    Lane.Leaving leaving =
        lane.leave(gift.tasks().stream().map(LaneWork.Task::run).collect(Collectors.toSet()));
    if (!work.give(number, gift, leaving)) {
      lane.take(leaving);
    }
  }

  /**
   * Waits for the lanes; whoever calls this has stopped the branches.
   *
   * @return whether all lanes ended
   */
  boolean close(Duration within) throws InterruptedException {
    work.close();
    threads.shutdown();
    return threads.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS);
  }
}
