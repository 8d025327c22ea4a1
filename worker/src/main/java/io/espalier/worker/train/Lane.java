package io.espalier.worker.train;

import io.espalier.worker.model.Libtorch;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What one thread trains: packs of branches, a pass of each in turn. Branches that cannot share a
 * pack are in different ones. Belongs to that thread; owns its packs.
 */
public final class Lane implements AutoCloseable {
  private final List<BranchRun> runs = new ArrayList<>();
  private final TrainingPack.Device device;
  private List<TrainingPack> packs = new ArrayList<>();

  public Lane() {
    this(Pack::new);
  }

  Lane(TrainingPack.Device device) {
    this.device = device;
  }

  /** Trains branches by themselves, all together, on this thread and to their ends. */
  public static void train(List<BranchRun> runs) {
    Libtorch.prepareThread();
    try (Lane lane = new Lane()) {
      runs.forEach(lane::join);
      while (lane.size() > 0) {
        lane.pass();
        lane.ended();
      }
    }
  }

  /** Begins a branch; it trains from the next pass on. */
  public void join(BranchRun run) {
    runs.add(run);
    run.begin().map(slot -> new TrainingPack.Begun(run, slot)).ifPresent(this::place);
  }

  /** Branches on their way from one lane to another, with what they have become. */
  public static final class Leaving {
    private final List<TrainingPack.Begun> branches;

    private Leaving(List<TrainingPack.Begun> branches) {
      this.branches = branches;
    }
  }

  /** Lets branches go that have not ended; they go on in the lane that {@link #take}s them. */
  public Leaving leave(Set<BranchRun> leaving) {
    var left = new Leaving(packs.stream().flatMap(pack -> pack.release(leaving).stream()).toList());
    packs.removeIf(TrainingPack::isEmpty);
    runs.removeAll(leaving);
    return left;
  }

  /** Goes on with branches that left another lane. */
  public void take(Leaving left) {
    for (TrainingPack.Begun branch : left.branches) {
      runs.add(branch.run());
      place(branch);
    }
  }

  private void place(TrainingPack.Begun begun) {
    packs.stream()
        .filter(pack -> pack.fits(begun))
        .findFirst()
        .ifPresentOrElse(pack -> pack.join(begun), () -> packs.add(TrainingPack.of(device, begun)));
  }

  /** Trains every pack for one pass, and evaluates where that is due. */
  public void pass() {
    var next = new ArrayList<TrainingPack>();
    for (TrainingPack pack : packs) {
      try {
        pack.pass();
        next.add(pack);
      } catch (RuntimeException e) {
        next.addAll(pack.relieve(e));
      }
    }
    next.removeIf(TrainingPack::isEmpty);
    packs = next;
  }

  /** Ends all branches because the lane itself broke. */
  public void fail(Throwable cause) {
    runs.stream().filter(run -> !run.hasEnded()).forEach(run -> run.fail(cause));
    close();
  }

  /** Branches whose end was not told yet. */
  public int size() {
    return runs.size();
  }

  /** Branches that have ended since this was last asked. */
  public List<BranchRun> ended() {
    List<BranchRun> ended = runs.stream().filter(BranchRun::hasEnded).toList();
    runs.removeAll(ended);
    return ended;
  }

  @Override
  public void close() {
    packs.forEach(TrainingPack::close);
    packs = new ArrayList<>();
  }
}
