package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.memory.DeviceMemory;
import io.espalier.worker.memory.MemoryModel;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.OutOfMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How long updates of packs take and how much memory, measured on fresh adapters and some rows of
 * the data: from one slot, twice as many each time.
 *
 * @param timings by slots, ascending; empty when not even one slot fits the memory
 * @param end why it was not gone on with
 * @param before bytes that the process had resident before
 * @param perSlot bytes of a slot's weights, moments and gradients
 */
public record PackSpeed(List<Timing> timings, End end, long before, double perSlot) {
  /** Of each size, after one that warms it up; the fastest counts, for others disturb the rest. */
  private static final int UPDATES = 3;

  /** So many more of short ones that they take this long in all. */
  private static final double LEAST_SECONDS = 0.1;

  /** A doubling that does not make training faster by as much again is no gain. */
  public static final double GAIN = 1.05;

  public PackSpeed {
    timings = List.copyOf(timings);
  }

  private List<MemoryModel.Seen> seen() {
    return timings.stream()
        .filter(timing -> timing.bytes() > 0)
        .map(timing -> new MemoryModel.Seen(timing.slots(), timing.tokens(), timing.bytes()))
        .toList();
  }

  /** Tokens a second of one slot alone; empty where not even that fits the memory. */
  public OptionalDouble alone() {
    return timings.stream()
        .filter(timing -> timing.slots() == 1)
        .mapToDouble(timing -> timing.tokens() / timing.seconds())
        .findFirst();
  }

  /** What bounds passes of this kind from here on. */
  public PassMemory memory(DeviceMemory device, int lanes, Duration fresh) {
    return before == 0
        ? PassMemory.UNBOUNDED
        : new PassMemory(device, before, seen(), perSlot, lanes, fresh);
  }

  /**
   * Bytes that a pass of so many slots and tokens is expected to take.
   *
   * @return 0 where nothing is known
   */
  public double bytes(int slots, long tokens) {
    // Passes that no size was seen to take more for find room in what the process had already.
    return before == 0
        ? 0
        : MemoryModel.fit(seen(), perSlot)
            .map(model -> model.bytes(slots, tokens))
            .orElse(slots * perSlot);
  }

  /**
   * One size of pack.
   *
   * @param slots trained together
   * @param tokens of a pass, padding counted
   * @param seconds of an update of all of them, of one pass
   * @param bytes most memory that the process had resident beyond what it had before; 0 where the
   *     system does not tell
   */
  public record Timing(int slots, long tokens, double seconds, long bytes) {
    /** Slots' updates in a second. */
    public double rate() {
      return slots / seconds;
    }
  }

  /** Why no more slots were measured. */
  public enum End {
    /** More slots train no faster. */
    FLAT,
    /** As many were measured as there may be. */
    MOST,
    /** The next would take too long. */
    TIME,
    /** The next do not fit the memory. */
    MEMORY
  }

  /**
   * Measures adapters' training on this thread.
   *
   * @param most slots, ≥ 1
   * @param budget is not begun to be exceeded, but that one slot is always measured
   */
  public static PackSpeed measure(
      BaseModel model, TokenizedDataset data, Training training, int most, Duration budget) {
    return measure(Pack::new, model, data, training, most, budget);
  }

  static PackSpeed measure(
      TrainingPack.Device device,
      BaseModel model,
      TokenizedDataset data,
      Training training,
      int most,
      Duration budget) {
    Slot slot = slot(model, training);
    int rows = rows(data, training);
    double perSlot = Trainable.bytesOfSlot(model, training);
    var timings = new ArrayList<Timing>();
    DeviceMemory memory = DeviceMemory.of(model.device());
    long before = resident(memory);
    long began = System.nanoTime();
    for (int slots = 1; slots <= most; slots *= 2) {
      if (!timings.isEmpty()) {
        // Twice the slots take twice the time where they gain nothing.
        double next = 2 * timings.get(timings.size() - 1).seconds() * (UPDATES + 1);
        if ((System.nanoTime() - began) * 1e-9 + next > budget.toNanos() * 1e-9) {
          return new PackSpeed(timings, End.TIME, before, perSlot);
        }
      }
      try {
        memory.trim();
        MicroBatch batch = batch(data.train().subList(0, rows), slots);
        double seconds = seconds(device, model, slot, slots, batch, UPDATES, LEAST_SECONDS);
        long bytes = before == 0 ? 0 : Math.max(0, memory.peak() - before);
        timings.add(new Timing(slots, batch.tokens(), seconds, bytes));
      } catch (RuntimeException e) {
        if (!OutOfMemory.is(e)) {
          throw e;
        }
        return new PackSpeed(timings, End.MEMORY, before, perSlot);
      }
      var measured = new PackSpeed(timings, End.MOST, before, perSlot);
      if (!measured.twiceFits(memory)) {
        return measured.ending(End.MEMORY);
      }
      if (isFlat(timings)) {
        return measured.ending(End.FLAT);
      }
    }
    return new PackSpeed(timings, End.MOST, before, perSlot);
  }

  /** Bytes that are resident before a pass; 0 where what it takes cannot be told from them. */
  static long resident(DeviceMemory memory) {
    memory.trim();
    return memory.restartPeak() ? memory.resident() : 0;
  }

  static Slot slot(BaseModel model, Training training) {
    AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
    return Slot.fresh(
        training,
        new Trainable.Adapter(layout),
        AdapterInit.values(layout, training.seed(), () -> model.firstValues(layout.options())));
  }

  private PackSpeed ending(End why) {
    return new PackSpeed(timings, why, before, perSlot);
  }

  private boolean twiceFits(DeviceMemory device) {
    Timing last = timings.get(timings.size() - 1);
    return memory(device, 1, Duration.ZERO).mostTokens(2 * last.slots()) >= 2 * last.tokens();
  }

  /** Rows of each update that is measured. */
  public static int rows(TokenizedDataset data, Training training) {
    return Math.min(training.perDeviceTrainBatchSize(), data.train().size());
  }

  /** Whether two doublings in a row gained nothing; one alone may have been disturbed. */
  private static boolean isFlat(List<Timing> timings) {
    int last = timings.size() - 1;
    if (last < 2) {
      return false;
    }
    double before = timings.subList(0, last - 1).stream().mapToDouble(Timing::rate).max().orElse(0);
    return timings.subList(last - 1, last + 1).stream()
        .noneMatch(timing -> timing.rate() >= GAIN * before);
  }

  /** The same rows for every slot. */
  static MicroBatch batch(List<TokenRow> rows, int slots) {
    double[] shares = new double[rows.size()];
    Arrays.fill(shares, 1.0 / Math.max(1, rows.stream().mapToLong(TokenRow::targets).sum()));
    return MicroBatch.of(
        Collections.nCopies(slots, new MicroBatch.Part(rows, shares, new long[rows.size()])));
  }

  /**
   * Of an update of a pack, the fastest of some.
   *
   * @param updates at least, after one that warms it up
   * @param least seconds that they take in all, the first too
   */
  static double seconds(
      TrainingPack.Device device,
      BaseModel model,
      Slot slot,
      int slots,
      MicroBatch batch,
      int updates,
      double least) {
    boolean[] due = new boolean[slots];
    Arrays.fill(due, true);
    double[] rates = new double[slots];
    double fastest = Double.POSITIVE_INFINITY;
    double spent = 0;
    try (Pack pack = device.pack(model, Collections.nCopies(slots, slot))) {
      for (int i = 0; i <= updates || spent < least; i++) {
        long began = System.nanoTime();
        pack.accumulate(batch);
        // Waits for the device.
        pack.measure();
        pack.update(due, rates);
        double seconds = (System.nanoTime() - began) * 1e-9;
        spent += seconds;
        fastest = i == 0 ? fastest : Math.min(fastest, Math.max(seconds, 1e-9));
      }
    }
    return fastest;
  }
}
