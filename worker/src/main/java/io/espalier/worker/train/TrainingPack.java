package io.espalier.worker.train;

import io.espalier.common.metrics.Measurement;
import io.espalier.worker.evaluate.PassSizes;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.OutOfMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Branches that are trained together, each in a slot of one {@link Pack}. Branches come and go
 * between passes; the pack is then composed anew, and who was in the middle of an update begins
 * that update again. Belongs to one thread; owns its pack.
 */
final class TrainingPack implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TrainingPack.class);

  private final Device device;
  private final BaseModel model;

  /** What a branch's slot must fit. */
  private final Seat.Kind kind;

  /** In their slots' order. */
  private final List<BranchRun> runs = new ArrayList<>();

  private final List<Begun> arriving = new ArrayList<>();

  /** Of the runs, those that go on elsewhere. */
  private final Set<BranchRun> released = new HashSet<>();

  /** Rows of a slot in a pass; fewer than wished once memory ran out. */
  private int mostRows;

  private final PassCost cost;
  private final PackingGain gain;

  /** How much is evaluated at a time; less once memory ran out. */
  private final PassSizes evaluations;

  private Optional<Pack> pack = Optional.empty();

  /** Branches at a time; fewer once more of them broke a pass. */
  private int mostBranches = Integer.MAX_VALUE;

  /** A branch with the slot it goes on from. */
  record Begun(BranchRun run, Slot slot) {}

  /** Where packs are. */
  interface Device {
    Pack pack(BaseModel model, List<? extends Seat> seats);
  }

  private TrainingPack(
      Device device,
      BaseModel model,
      Seat.Kind kind,
      int mostRows,
      PassCost cost,
      PassSizes evaluations) {
    this.device = device;
    this.cost = cost;
    this.gain = new PackingGain(cost.tokensPerSecond());
    this.model = model;
    this.kind = kind;
    this.mostRows = mostRows;
    this.evaluations = evaluations;
  }

  /** A pack for a branch and those that will join it. */
  static TrainingPack of(Device device, Begun first) {
    var pack =
        new TrainingPack(
            device,
            first.run().model(),
            first.slot().kind(),
            Integer.MAX_VALUE,
            first.run().cost(),
            new PassSizes(first.run().model().device().isGpu()));
    pack.join(first);
    return pack;
  }

  /** Whether a branch can join. One that shall be reproducible is alone. */
  boolean fits(Begun other) {
    List<PassRows.Wish> together =
        Stream.concat(all(), Stream.of(other.run())).map(BranchRun::wish).toList();
    return together.size() <= mostBranches
        && !other.run().reproducible()
        && all().noneMatch(BranchRun::reproducible)
        && other.run().model() == model
        && kind.fits(other.slot().kind())
        && PassRows.fit(together);
  }

  /** Takes a branch in from the next pass on. */
  void join(Begun branch) {
    arriving.add(branch);
  }

  private Stream<BranchRun> all() {
    return Stream.concat(
        runs.stream().filter(run -> !released.contains(run)), arriving.stream().map(Begun::run));
  }

  boolean isEmpty() {
    return all().findAny().isEmpty();
  }

  /**
   * One pass of all slots, and what is due after it.
   *
   * @throws RuntimeException when the engine broke; {@link #relieve} says how to go on
   */
  void pass() {
    all().forEach(BranchRun::endIfStopped);
    arriving.removeIf(begun -> begun.run().hasEnded());
    compose();
    if (runs.isEmpty()) {
      return;
    }
    List<BranchRun> sharing = List.copyOf(runs);
    sharing.forEach(run -> run.time().begin(sharing.size()));
    try {
      train();
    } finally {
      sharing.forEach(run -> run.time().pause());
    }
  }

  private void train() {
    if (runs.stream().noneMatch(BranchRun::updateIsDue)) {
      accumulate(open());
    }
    if (runs.stream().anyMatch(BranchRun::updateIsDue)) {
      update(open());
      compose();
    }
  }

  private Pack open() {
    return pack.orElseThrow();
  }

  /**
   * Gives the slots of branches that have ended or left back, and slots to those that arrive. What
   * stays does not leave the device.
   */
  private void compose() {
    if (arriving.isEmpty() && staying().count() == runs.size()) {
      return;
    }
    List<BranchRun> next =
        Stream.concat(staying().mapToObj(runs::get), arriving.stream().map(Begun::run)).toList();
    List<Seat> seats =
        Stream.<Seat>concat(
                staying().mapToObj(slot -> new Seat.Taken(open(), slot)),
                arriving.stream().map(Begun::slot))
            .toList();
    Optional<Pack> composed =
        seats.isEmpty() ? Optional.empty() : Optional.of(device.pack(model, seats));
    close();
    pack = composed;
    runs.clear();
    released.clear();
    arriving.clear();
    runs.addAll(next);
    runs.forEach(BranchRun::rewind);
  }

  /** Lets branches go. They begin their present updates again elsewhere, the others here. */
  List<Begun> release(Set<BranchRun> leaving) {
    List<Begun> gone = present(leaving::contains);
    arriving.removeAll(gone);
    runs.stream().filter(leaving::contains).forEach(released::add);
    if (isEmpty()) {
      close();
    }
    return gone;
  }

  /** Slots whose branches go on here. */
  private IntStream staying() {
    return IntStream.range(0, runs.size())
        .filter(slot -> !released.contains(runs.get(slot)) && !runs.get(slot).hasEnded());
  }

  /** Branches that go on here, each with its slot as it could join a pack on another device. */
  private List<Begun> present(Predicate<BranchRun> wanted) {
    return Stream.concat(
            staying()
                .filter(slot -> wanted.test(runs.get(slot)))
                .mapToObj(slot -> new Begun(runs.get(slot), open().slot(slot))),
            arriving.stream().filter(begun -> wanted.test(begun.run())))
        .toList();
  }

  private int rowsPerPass() {
    return Math.min(mostRows, PassRows.of(runs.stream().map(BranchRun::wish).toList()));
  }

  private void accumulate(Pack slots) {
    int rows = rowsPerPass();
    List<MicroBatch.Part> parts = runs.stream().map(run -> run.next(rows)).toList();
    long began = System.nanoTime();
    accumulate(slots, MicroBatch.of(parts), rows);
    gain.passed(parts.stream().map(MicroBatch.Part::rows).toList(), secondsSince(began));
    for (int i = 0; i < runs.size(); i++) {
      runs.get(i).passed(parts.get(i).rows().size());
    }
  }

  private static double secondsSince(long began) {
    return (System.nanoTime() - began) * 1e-9;
  }

  private void accumulate(Pack slots, MicroBatch batch, int rows) {
    int count = runs.size();
    PassMemory memory = cost.memory();
    memory.check(count, batch.tokens(), count > 1 || rows > 1);
    OptionalLong resident = memory.watch(batch.tokens());
    slots.accumulate(batch);
    resident.ifPresent(before -> memory.made(count, batch.tokens(), before));
  }

  private void update(Pack slots) {
    int count = runs.size();
    long began = System.nanoTime();
    List<Pack.Measured> measured = slots.measure();
    boolean[] over = new boolean[count];
    boolean[] applied = new boolean[count];
    double[] rates = new double[count];
    List<Optional<BranchRun.Step>> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      over[i] = runs.get(i).updateIsDue();
      Optional<BranchRun.Step> step =
          over[i] ? Optional.of(runs.get(i).judge(measured.get(i))) : Optional.empty();
      applied[i] = step.map(BranchRun.Step::applied).orElse(false);
      rates[i] = step.map(BranchRun.Step::learningRate).orElse(0.0);
      steps.add(step);
    }
    try {
      slots.update(applied, rates, over);
    } catch (RuntimeException e) {
      // Half a step may have been taken.
      IntStream.range(0, count).filter(i -> over[i]).forEach(i -> runs.get(i).fail(e));
      return;
    }
    runs.get(0).saved(gain.updated(count, secondsSince(began)));
    var round = new EvaluationRound(slots, evaluations);
    IntStream.range(0, count)
        .filter(i -> steps.get(i).filter(step -> step.verdict().isEmpty()).isPresent())
        .forEach(i -> round.add(i, runs.get(i)));
    for (int i = 0; i < count; i++) {
      BranchRun run = runs.get(i);
      SlotView slot = new SlotView(slots, i, round);
      steps.get(i).ifPresent(step -> run.updated(step, slot));
    }
  }

  /**
   * Makes the next passes smaller after one broke: half the rows when memory ran out, else half the
   * slots, in two packs side by side, so that nobody is lost to a neighbour's failure. A branch
   * that breaks alone has failed.
   *
   * @return the packs to go on with
   */
  List<TrainingPack> relieve(RuntimeException problem) {
    int rows = rowsPerPass();
    if (OutOfMemory.is(problem) && arriving.isEmpty() && rows > 1) {
      mostRows = rows / 2;
      log.warn(
          "memory ran out with {} rows of each of {} branches in a pass: now {}",
          rows,
          runs.size(),
          mostRows);
      tell(runs, Measurement.OutOfMemory.ROWS, rows, mostRows);
      staying().mapToObj(runs::get).forEach(BranchRun::rewind);
      pack.ifPresent(Pack::discard);
      return List.of(this);
    }
    List<Begun> all = present(run -> true);
    close();
    if (all.size() == 1) {
      all.get(0).run().fail(problem);
      return List.of();
    }
    int half = all.size() / 2;
    if (OutOfMemory.is(problem)) {
      log.warn("memory ran out with {} branches in a pass: they go on in two packs", all.size());
      List<BranchRun> parted = all.stream().map(Begun::run).toList();
      tell(parted.subList(0, half), Measurement.OutOfMemory.BRANCHES, all.size(), half);
      tell(
          parted.subList(half, all.size()),
          Measurement.OutOfMemory.BRANCHES,
          all.size(),
          all.size() - half);
    } else {
      log.warn("a pass of {} branches broke: they go on in two packs", all.size(), problem);
    }
    return List.of(with(all.subList(0, half)), with(all.subList(half, all.size())));
  }

  private static void tell(List<BranchRun> told, String what, int tried, int next) {
    told.forEach(run -> run.relieved(new Measurement.OutOfMemory(what, tried, next)));
  }

  private TrainingPack with(List<Begun> part) {
    TrainingPack other = new TrainingPack(device, model, kind, mostRows, cost, evaluations);
    other.mostBranches = part.size();
    part.forEach(other::join);
    return other;
  }

  @Override
  public void close() {
    pack.ifPresent(Pack::close);
    pack = Optional.empty();
  }
}
