package io.espalier.worker.node;

import io.espalier.worker.model.OutOfMemory;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Values that take long to read and much memory, shared by all who borrow them. One that nobody has
 * borrowed is freed before another is read, unless it was given back only just; when memory runs
 * out at that, such a one too. Loans may be given back on any thread at any time; all else belongs
 * to one thread at a time.
 */
final class SharedCache<K, V> implements AutoCloseable {
  /** The next lease of a sweep comes within that time, so its model is not read anew for it. */
  static final Duration RECENT = Duration.ofMinutes(10);

  private final Clock clock;
  private final Consumer<V> free;
  private final List<Entry<K, V>> entries = new ArrayList<>();

  /**
   * @param free is given each value once, when nobody uses it any more
   */
  SharedCache(Clock clock, Consumer<V> free) {
    this.clock = clock;
    this.free = free;
  }

  private static final class Entry<K, V> {
    private final K key;
    private final V value;

    /** Guarded by this. */
    private int loans;

    /** Guarded by this. */
    private Instant lastUsed;

    Entry(K key, V value, Instant now) {
      this.key = key;
      this.value = value;
      lastUsed = now;
    }

    synchronized Loan<V> lend(Clock clock) {
      loans++;
      return new Loan<>(value, () -> giveBack(clock.instant()));
    }

    private synchronized void giveBack(Instant now) {
      loans--;
      lastUsed = now;
    }

    synchronized boolean isIdle() {
      return loans == 0;
    }

    synchronized boolean wasUsedAfter(Instant time) {
      return lastUsed.isAfter(time);
    }
  }

  /** A value that is not freed before this is closed, which may be done more than once. */
  static final class Loan<V> implements AutoCloseable {
    private final V value;
    private final Runnable giveBack;
    private final AtomicBoolean over = new AtomicBoolean();

    private Loan(V value, Runnable giveBack) {
      this.value = value;
      this.giveBack = giveBack;
    }

    V value() {
      return value;
    }

    @Override
    public void close() {
      if (over.compareAndSet(false, true)) {
        giveBack.run();
      }
    }
  }

  /** One that is here. */
  Optional<Loan<V>> find(BiPredicate<K, V> wanted) {
    return entries.stream()
        .filter(entry -> wanted.test(entry.key, entry.value))
        .findFirst()
        .map(entry -> entry.lend(clock));
  }

  /**
   * The value of a key, read when it is not here.
   *
   * @param outgrown keys whose values nobody will ask for again once this one is read
   */
  Loan<V> borrow(K key, Predicate<K> outgrown, Supplier<V> read) {
    return find((known, value) -> known.equals(key))
        .orElseGet(
            () -> {
              Instant recently = clock.instant().minus(RECENT);
              freeIdle(entry -> outgrown.test(entry.key) || !entry.wasUsedAfter(recently));
              var entry = new Entry<>(key, roomy(read), clock.instant());
              entries.add(entry);
              return entry.lend(clock);
            });
  }

  private V roomy(Supplier<V> read) {
    try {
      return read.get();
    } catch (RuntimeException e) {
      if (!OutOfMemory.is(e) || !freeIdle(entry -> true)) {
        throw e;
      }
      return read.get();
    }
  }

  /** Whether there was any. */
  private boolean freeIdle(Predicate<Entry<K, V>> which) {
    List<Entry<K, V>> over =
        entries.stream().filter(entry -> entry.isIdle() && which.test(entry)).toList();
    entries.removeAll(over);
    over.forEach(entry -> free.accept(entry.value));
    return !over.isEmpty();
  }

  /** Frees all, borrowed or not. */
  @Override
  public void close() {
    List<Entry<K, V>> all = List.copyOf(entries);
    entries.clear();
    all.forEach(entry -> free.accept(entry.value));
  }
}
