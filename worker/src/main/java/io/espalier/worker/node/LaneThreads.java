package io.espalier.worker.node;

import io.espalier.common.trial.Outcome;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.train.BranchRun;
import io.espalier.worker.train.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of a device, each on a thread of its own. Branches wait here until a lane has a slot
 * for them; of two that could take the next the lane with fewer does. When nothing waits, a lane
 * that has none gets some of another's.
 */
final class LaneThreads {
  private static final Logger log = LoggerFactory.getLogger(LaneThreads.class);

  /** Leases come several at a time: what an idle lane begins with is chosen among them. */
  private static final long SETTLING = TimeUnit.MILLISECONDS.toNanos(100);

  private final ExecutorService threads;

  /** Guarded by this. */
  private LaneSlots slots;

  /** Guarded by this. */
  private final List<Task> waiting = new ArrayList<>();

  /** By lane; guarded by this. */
  private final List<List<Task>> training = new ArrayList<>();

  /** Since when lanes have had nothing to train, on this process's clock; guarded by this. */
  private final Map<Integer, Long> idle = new TreeMap<>();

  /** What lanes got from others and have not taken in yet; guarded by this. */
  private final Map<Integer, List<Lane.Leaving>> given = new HashMap<>();

  /** Tokens of a pass of the next branch, as far as is known; guarded by this. */
  private double expected = Double.POSITIVE_INFINITY;

  /** Guarded by this. */
  private boolean closing;

  /**
   * @param since when it began to wait, on the clock of this process
   */
  private record Task(BranchRun run, Runnable ended, long since) {}

  /**
   * What a lane does before its next pass.
   *
   * @param joining branches that begin
   * @param given branches that another lane trained so far
   */
  private record Turn(List<Task> joining, List<Lane.Leaving> given, Optional<Gift> gift) {
    boolean isEmpty() {
      return joining.isEmpty() && given.isEmpty();
    }
  }

  /** What a lane gives to another, which has none. */
  private record Gift(int to, List<Task> tasks) {}

  LaneThreads(int lanes, LaneSlots slots) {
    this.slots = slots;
    AtomicInteger number = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            lanes, task -> new Thread(task, "lane-" + number.getAndIncrement()));
    for (int lane = 0; lane < lanes; lane++) {
      training.add(new ArrayList<>());
    }
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
  synchronized void train(BranchRun run, Runnable ended) {
    waiting.add(new Task(run, ended, System.nanoTime()));
    expected = run.tokensPerPass();
    notifyAll();
  }

  /**
   * Ends a branch at once if it waits for a slot. One that a lane has taken ends there, as it was
   * told.
   */
  void withdraw(BranchRun run, Outcome outcome) {
    Optional<Task> found;
    synchronized (this) {
      found = waiting.stream().filter(task -> task.run() == run).findFirst();
      found.ifPresent(waiting::remove);
    }
    found.ifPresent(
        task -> {
          run.stop(outcome);
          run.endIfStopped();
          task.ended().run();
        });
  }

  /** The next branches are like this. */
  synchronized void expect(double tokensPerPass) {
    expected = tokensPerPass;
  }

  /** Go by this from here on; what trains, trains on. */
  synchronized void slots(LaneSlots next) {
    slots = next;
    notifyAll();
  }

  /** Branches that can be trained at a time, those in training among them. */
  synchronized int capacity() {
    return training.stream().mapToInt(its -> its.size() + slots.more(tokens(its), expected)).sum();
  }

  private static List<Double> tokens(List<Task> tasks) {
    return tasks.stream().map(task -> task.run().tokensPerPass()).toList();
  }

  private void run(int number) {
    try (Lane lane = new Lane()) {
      for (Turn turn = next(number); !turn.isEmpty() || lane.size() > 0; turn = next(number)) {
        pass(number, lane, turn);
        lane.ended().forEach(run -> over(number, run));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass(int number, Lane lane, Turn turn) {
    try {
      if (!turn.joining().isEmpty()) {
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

  private void give(int number, Lane lane, Gift gift) {
    Lane.Leaving leaving =
        lane.leave(gift.tasks().stream().map(Task::run).collect(Collectors.toSet()));
    if (!hand(number, gift, leaving)) {
      lane.take(leaving);
    }
  }

  /**
   * @return whether the other lane gets it; it may have ended meanwhile
   */
  private synchronized boolean hand(int from, Gift gift, Lane.Leaving leaving) {
    if (closing) {
      return false;
    }
    training.get(from).removeAll(gift.tasks());
    training.get(gift.to()).addAll(gift.tasks());
    given.computeIfAbsent(gift.to(), to -> new ArrayList<>()).add(leaving);
    notifyAll();
    return true;
  }

  /**
   * A lane that trains nothing waits for something to train.
   *
   * @return one with nothing in it for such a lane when this closes
   */
  private synchronized Turn next(int lane) throws InterruptedException {
    List<Task> its = training.get(lane);
    List<Task> taken = new ArrayList<>();
    while (true) {
      long settling = its.isEmpty() && !waiting.isEmpty() ? unsettled() : 0;
      if (settling > 0 && !closing) {
        TimeUnit.NANOSECONDS.timedWait(this, settling);
        continue;
      }
      for (OptionalInt next = choice(lane); next.isPresent(); next = choice(lane)) {
        Task task = waiting.remove(next.getAsInt());
        its.add(task);
        taken.add(task);
        notifyAll();
      }
      if (!its.isEmpty() || closing) {
        idle.remove(lane);
        List<Lane.Leaving> got = given.remove(lane);
        return new Turn(taken, got == null ? List.of() : got, gift(its));
      }
      idle.putIfAbsent(lane, System.nanoTime());
      wait();
    }
  }

  /** A part of a lane's branches for one that has waited in vain, if there is one. */
  private Optional<Gift> gift(List<Task> its) {
    long now = System.nanoTime();
    Optional<Integer> to =
        idle.entrySet().stream()
            .filter(one -> now - one.getValue() > SETTLING)
            .map(Map.Entry::getKey)
            .findFirst();
    if (to.isEmpty() || !waiting.isEmpty() || closing) {
      return Optional.empty();
    }
    List<Task> share =
        LaneShare.of(its.stream().map(LaneThreads::part).toList()).stream().map(its::get).toList();
    if (share.isEmpty()) {
      return Optional.empty();
    }
    idle.remove(to.get());
    return Optional.of(new Gift(to.get(), share));
  }

  private static LaneShare.Part part(Task task) {
    return new LaneShare.Part(task.run().microBatch(), task.run().tokensLeft());
  }

  /** How long it takes until the first that waits has waited long enough for others to come. */
  private long unsettled() {
    return slots.most() == 1 ? 0 : waiting.get(0).since() + SETTLING - System.nanoTime();
  }

  /** The place of what a lane takes in now; empty when it has no room, or others shall take it. */
  private OptionalInt choice(int lane) {
    List<Task> its = training.get(lane);
    OptionalInt choice =
        slots.most() == 1 ? first() : LaneChoice.of(kinds(waiting), kinds(its), elsewhere(its));
    if (choice.isEmpty()) {
      return choice;
    }
    Task next = waiting.get(choice.getAsInt());
    boolean room = slots.admit(tokens(its), next.run().tokensPerPass());
    return room && training.stream().noneMatch(other -> suits(other, its, next))
        ? choice
        : OptionalInt.empty();
  }

  private OptionalInt first() {
    return waiting.isEmpty() ? OptionalInt.empty() : OptionalInt.of(0);
  }

  /** Kinds that lanes other than this one's train. */
  private Set<Integer> elsewhere(List<Task> its) {
    Set<Integer> kinds = new HashSet<>();
    training.stream().filter(other -> other != its).forEach(other -> kinds.addAll(kinds(other)));
    return kinds;
  }

  /** Whether a task suits another lane better, which has fewer branches and room. */
  private boolean suits(List<Task> other, List<Task> its, Task task) {
    int kind = task.run().microBatch();
    boolean mixes = its.isEmpty() || kinds(its).get(0) != kind;
    boolean mixesToo = !other.isEmpty() && kinds(other).get(0) != kind;
    return other.size() < its.size()
        && (mixes || !mixesToo)
        && slots.admit(tokens(other), task.run().tokensPerPass());
  }

  private static List<Integer> kinds(List<Task> tasks) {
    return tasks.stream().map(task -> task.run().microBatch()).toList();
  }

  private void over(int lane, BranchRun run) {
    Task ended;
    synchronized (this) {
      List<Task> its = training.get(lane);
      ended = its.stream().filter(task -> task.run() == run).findFirst().orElseThrow();
      its.remove(ended);
      notifyAll();
    }
    ended.ended().run();
  }

  /**
   * Waits for the lanes; whoever calls this has stopped the branches.
   *
   * @return whether all lanes ended
   */
  boolean close(Duration within) throws InterruptedException {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
    threads.shutdown();
    return threads.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS);
  }
}
