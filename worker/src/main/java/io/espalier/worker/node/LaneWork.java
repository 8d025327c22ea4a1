package io.espalier.worker.node;

import io.espalier.worker.train.BranchRun;
import io.espalier.worker.train.Lane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Which lane of a device trains which branches. They wait here until a lane has a slot for them; of
 * two that could take the next the lane with fewer does. When nothing waits, a lane that has none
 * gets some of another's. Safe from any thread.
 */
final class LaneWork {
  /** Leases come several at a time: what an idle lane begins with is chosen among them. */
  private static final long SETTLING = TimeUnit.MILLISECONDS.toNanos(100);

  private LaneSlots slots;
  private final List<Task> waiting = new ArrayList<>();

  /** By lane. */
  private final List<List<Task>> training;

  /** Since when lanes have had nothing to train, on this process's clock. */
  private final Map<Integer, Long> idle = new TreeMap<>();

  /** What lanes got from others and have not taken in yet. */
  private final Map<Integer, List<Lane.Leaving>> given = new HashMap<>();

  /** Tokens of a pass of the next branch, as far as is known. */
  private double expected = Double.POSITIVE_INFINITY;

  private boolean closing;

  /**
   * @param ended to be called when all trials of the branch have
   * @param since when it began to wait, on the clock of this process
   */
  record Task(BranchRun run, Runnable ended, long since) {}

  /**
   * What a lane does before its next pass.
   *
   * @param joining branches that begin
   * @param given branches that another lane trained so far
   */
  record Turn(List<Task> joining, List<Lane.Leaving> given, Optional<Gift> gift) {
    boolean isEmpty() {
      return joining.isEmpty() && given.isEmpty();
    }
  }

  /** What a lane gives to another, which has none. */
  record Gift(int to, List<Task> tasks) {}

  LaneWork(int lanes, LaneSlots slots) {
    this.slots = slots;
    training = IntStream.range(0, lanes).<List<Task>>mapToObj(lane -> new ArrayList<>()).toList();
  }

  synchronized void add(BranchRun run, Runnable ended) {
    waiting.add(new Task(run, ended, System.nanoTime()));
    expected = run.tokensPerPass();
    notifyAll();
  }

  /** Takes out a branch that waits; empty when it does not. */
  synchronized Optional<Task> withdraw(BranchRun run) {
    Optional<Task> found = waiting.stream().filter(task -> task.run() == run).findFirst();
    found.ifPresent(waiting::remove);
    return found;
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

  /** Whether no branch is in training or waits for it. */
  synchronized boolean isIdle() {
    return waiting.isEmpty() && training.stream().allMatch(List::isEmpty);
  }

  private static List<Double> tokens(List<Task> tasks) {
    return tasks.stream().map(task -> task.run().tokensPerPass()).toList();
  }

  /**
   * A lane that trains nothing waits for something to train.
   *
   * @return one with nothing in it for such a lane when this closes
   */
  synchronized Turn next(int lane) throws InterruptedException {
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

  /** How long it takes until the first that waits has waited long enough for others to come. */
  private long unsettled() {
    return slots.most() == 1 ? 0 : waiting.get(0).since() + SETTLING - System.nanoTime();
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
        LaneShare.of(its.stream().map(LaneWork::part).toList()).stream().map(its::get).toList();
    if (share.isEmpty()) {
      return Optional.empty();
    }
    idle.remove(to.get());
    return Optional.of(new Gift(to.get(), share));
  }

  private static LaneShare.Part part(Task task) {
    return new LaneShare.Part(task.run().microBatch(), task.run().tokensLeft());
  }

  /**
   * @param gift which the lane has let go
   * @return whether the other lane gets it; else this closes, and the other may have ended
   */
  synchronized boolean give(int from, Gift gift, Lane.Leaving leaving) {
    if (closing) {
      return false;
    }
    training.get(from).removeAll(gift.tasks());
    training.get(gift.to()).addAll(gift.tasks());
    given.computeIfAbsent(gift.to(), to -> new ArrayList<>()).add(leaving);
    notifyAll();
    return true;
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

  /** A branch has ended that a lane trained. */
  synchronized Task ended(int lane, BranchRun run) {
    List<Task> its = training.get(lane);
    Task ended = its.stream().filter(task -> task.run() == run).findFirst().orElseThrow();
    its.remove(ended);
    notifyAll();
    return ended;
  }

  /** From now on no lane waits. */
  synchronized void close() {
    closing = true;
    notifyAll();
  }
}
