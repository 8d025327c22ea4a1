package io.espalier.worker.memory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How large a pass of one kind of training may be, of which several lanes make some at a time:
 * learnt from passes that were measured, and better as larger ones are made. Safe for many threads.
 */
public final class PassMemory {
  /** Whatever its size: on devices that only say when they are full. */
  public static final PassMemory UNBOUNDED =
      new PassMemory(Optional.empty(), 0, List.of(), 0, 1, Duration.ZERO);

  /** For the Java heap and whatever else grows meanwhile. */
  private static final double RESERVE = 0.05;

  private final Optional<DeviceMemory> device;
  private final long before;
  private final double perSlot;
  private final int lanes;
  private final long freshNanos;

  /** Guarded by this. */
  private final List<MemoryModel.Seen> seen;

  /** Guarded by this. */
  private Optional<MemoryModel> model;

  /** Guarded by this. */
  private OptionalLong share = OptionalLong.empty();

  /** Guarded by this. */
  private long shareRead;

  /**
   * @param before resident bytes before the first pass
   * @param measured passes with what they took beyond that; where there is none, the first that is
   *     made is not bounded
   * @param perSlot bytes of a slot's weights, moments and gradients
   * @param lanes that may make such passes at the same time, ≥ 1
   * @param fresh how long a look at the device's memory counts
   */
  public PassMemory(
      DeviceMemory device,
      long before,
      List<MemoryModel.Seen> measured,
      double perSlot,
      int lanes,
      Duration fresh) {
    this(Optional.of(device), before, measured, perSlot, lanes, fresh);
  }

  private PassMemory(
      Optional<DeviceMemory> device,
      long before,
      List<MemoryModel.Seen> measured,
      double perSlot,
      int lanes,
      Duration fresh) {
    this.device = device;
    this.before = before;
    this.perSlot = perSlot;
    this.lanes = lanes;
    freshNanos = fresh.toNanos();
    seen = new ArrayList<>(measured);
    model = MemoryModel.fit(seen, perSlot);
  }

  /** As many tokens as a pass of so many slots has room for. */
  public synchronized long mostTokens(int slots) {
    if (model.isEmpty()) {
      return Long.MAX_VALUE;
    }
    OptionalLong bytes = share();
    return bytes.isPresent() ? model.get().tokens(slots, bytes.getAsLong()) : Long.MAX_VALUE;
  }

  /**
   * Refuses a pass that does not fit.
   *
   * @param divisible whether it can be made of fewer rows or slots; one that cannot may have all
   *     lanes' memory, and is given the benefit of the doubt
   * @throws NotEnoughMemory saying what it would take, and what there is
   */
  public synchronized void check(int slots, long tokens, boolean divisible) {
    OptionalLong bytes = share();
    if (model.isEmpty() || bytes.isEmpty()) {
      return;
    }
    double needed = model.get().bytes(slots, tokens);
    double available = (double) bytes.getAsLong() * (divisible ? 1 : lanes);
    if (divisible ? tokens > mostTokens(slots) : needed > available) {
      throw new NotEnoughMemory(slots, tokens, needed, available);
    }
  }

  /**
   * Begins to watch a pass, if it is the largest so far.
   *
   * @return what is resident, for {@link #made}
   */
  public synchronized OptionalLong watch(long tokens) {
    boolean largest = seen.stream().allMatch(one -> one.tokens() < tokens);
    return largest && device.isPresent() && device.get().restartPeak()
        ? OptionalLong.of(device.get().resident())
        : OptionalLong.empty();
  }

  /**
   * Learns from a pass that was watched. It took what came in while it was made, or its lane's part
   * of all that passes have, if that is more: memory freed by others may have been there for it.
   */
  public synchronized void made(int slots, long tokens, long resident) {
    long peak = device.map(DeviceMemory::peak).orElse(0L);
    long took = Math.max(peak - resident, (peak - before) / lanes);
    if (took > 0) {
      seen.add(new MemoryModel.Seen(slots, tokens, took));
      model = MemoryModel.fit(seen, perSlot);
    }
  }

  /** Bytes for one lane's pass: what is left and what passes have, divided. */
  private OptionalLong share() {
    long now = System.nanoTime();
    if (device.isPresent() && (share.isEmpty() || now - shareRead > freshNanos)) {
      long own = Math.max(0, device.get().resident() - before);
      OptionalLong left = device.get().available();
      share =
          left.isPresent()
              ? OptionalLong.of((long) ((1 - RESERVE) * (left.getAsLong() + own) / lanes))
              : left;
      shareRead = now;
    }
    return share;
  }
}
