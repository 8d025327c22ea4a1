package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.ExposedMetric;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.Meters;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * What Prometheus sees of a coordinator: every {@link ExposedMetric} and the JVM's own. Series of a
 * trial are there while it is live and 60 s after, for at most twice as many trials as there are
 * slots; curves live in the store. Any thread may call.
 */
public final class CoordinatorMetrics implements AutoCloseable {
  private static final Duration AFTERGLOW = Duration.ofSeconds(60);
  private static final int LEASES_REMEMBERED = 4_096;
  private static final List<String> LOSSES = List.of("failed", "gone", "returned");

  private final Meters meters = new Meters();
  private final Clock clock;
  private final AtomicInteger free = new AtomicInteger();
  private final AtomicInteger used = new AtomicInteger();
  private final AtomicLong wanted = new AtomicLong();
  private final AtomicInteger workers = new AtomicInteger();
  private final AtomicInteger quarantined = new AtomicInteger();
  private final AtomicLong term = new AtomicLong();
  private final AtomicReference<Path> store = new AtomicReference<>();
  private final MultiGauge sweeps = meters.multi(ExposedMetric.SWEEPS);
  private final MultiGauge branches = meters.multi(ExposedMetric.BRANCHES);
  private final MultiGauge deviceSeconds = meters.multi(ExposedMetric.SWEEP_DEVICE_SECONDS);
  private final MultiGauge saved = meters.multi(ExposedMetric.SWEEP_UPDATES_SAVED);
  private final MultiGauge leaderboard = meters.multi(ExposedMetric.LEADERBOARD);
  private final Counter outOfMemory = meters.counter(ExposedMetric.OUT_OF_MEMORY);
  private final Counter updates = meters.counter(ExposedMetric.UPDATES);
  private final Counter tokens = meters.counter(ExposedMetric.TOKENS);
  private final Counter rows = meters.counter(ExposedMetric.METRIC_ROWS);
  private final Counter rowsRefused = meters.counter(ExposedMetric.METRIC_ROWS_REFUSED);
  private final Counter checkpoints = meters.counter(ExposedMetric.CHECKPOINTS);
  private final Timer updateTime = meters.timer(ExposedMetric.UPDATE_SECONDS);
  private final Timer journalTime = meters.timer(ExposedMetric.JOURNAL_SECONDS);

  private final Object scraping = new Object();

  /** By when they were first heard of. */
  private final Map<SweepId, WatchedSweep> standings = new LinkedHashMap<>();

  /** By when they started. */
  private final Map<LiveTrial.Key, LiveTrial> trials = new LinkedHashMap<>();

  private final Map<Lease.Key, Long> tokensSeen =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Lease.Key, Long> eldest) {
          return size() > LEASES_REMEMBERED;
        }
      };

  /**
   * @param clock tells when a trial's 60 s are over
   */
  public CoordinatorMetrics(Clock clock) {
    this.clock = clock;
    // What may happen any time is 0 before, so that its rate is known when it does.
    LOSSES.forEach(kind -> meters.counter(ExposedMetric.LEASES_LOST, kind));
    meters.gauge(ExposedMetric.SLOTS, free::get, "free");
    meters.gauge(ExposedMetric.SLOTS, used::get, "used");
    meters.gauge(ExposedMetric.SLOTS_WANTED, wanted::get);
    meters.gauge(ExposedMetric.WORKERS, workers::get);
    meters.gauge(ExposedMetric.WORKERS_QUARANTINED, quarantined::get);
    meters.gauge(ExposedMetric.TERM, term::get);
    meters.gauge(ExposedMetric.STORE_FREE, this::room);
  }

  /** How many slots all workers have together. Call it before the first trial starts. */
  public void slots(int free, int used) {
    this.free.set(free);
    this.used.set(used);
  }

  /** How many workers are registered, and of them in quarantine. */
  public void workers(int registered, int inQuarantine) {
    workers.set(registered);
    quarantined.set(inQuarantine);
  }

  /** This coordinator is active from now on. */
  public void active(long epoch, Path directory) {
    term.set(epoch);
    store.set(directory);
  }

  /** A sweep is there that has not ended, or stands otherwise than before. */
  public synchronized void sweepChanged(SweepId sweep, Supplier<SweepStanding> standing) {
    standings.put(sweep, new WatchedSweep(standing, Optional.empty()));
  }

  /** A sweep has ended. */
  public synchronized void sweepEnded(SweepId sweep, Supplier<SweepStanding> standing) {
    standings.put(sweep, new WatchedSweep(standing, Optional.of(clock.instant())));
  }

  /** A lease came to nothing. */
  public void leaseLost(String kind) {
    meters.counter(ExposedMetric.LEASES_LOST, kind).increment();
  }

  public void checkpointKept() {
    checkpoints.increment();
  }

  /** Events were written. */
  public void journaled(Duration took) {
    journalTime.record(took);
  }

  /**
   * A trial is being trained. Again when its branch was leased again.
   *
   * @param config its own, also on a branch that others share
   * @param updates how many it takes in all
   */
  public synchronized void trialStarted(
      SweepId sweep, TrialId trial, BranchId branch, TrialConfig config, long updates) {
    var key = new LiveTrial.Key(sweep, trial);
    LiveTrial known = trials.get(key);
    if (known != null && known.ended().isEmpty()) {
      return;
    }
    if (known != null) {
      known.remove();
      trials.remove(key);
    }
    trials.put(key, new LiveTrial(meters.registry(), key, branch, config, updates));
    removeOld();
  }

  /** A trial has ended. */
  public synchronized void trialEnded(SweepId sweep, TrialId trial, Outcome outcome) {
    meters.counter(ExposedMetric.TRIALS, sweep.value(), outcome.word()).increment();
    if (outcome instanceof Outcome.Killed killed) {
      meters.counter(ExposedMetric.KILLS, killed.verdict().rule()).increment();
    }
    LiveTrial live = trials.get(new LiveTrial.Key(sweep, trial));
    if (live != null) {
      live.end(clock.instant());
    }
    removeOld();
  }

  /**
   * Everything, as a scraper wants it.
   *
   * @param accept the request's {@code Accept} header; OpenMetrics where it asks for that, else
   *     Prometheus' text format
   */
  public String scrape(String accept) {
    Map<SweepId, WatchedSweep> watched;
    synchronized (this) {
      removeOld();
      watched = new LinkedHashMap<>(standings);
    }
    // Rows that arrive do not wait for this.
    synchronized (scraping) {
      show(watched);
    }
    return meters.scrape(accept);
  }

  void refused(int arrived) {
    rowsRefused.increment(arrived);
  }

  /**
   * @param arrived of one lease, at least one
   */
  synchronized void accept(List<MetricRow> arrived) {
    Lease.Key lease = arrived.get(0).lease();
    List<LiveTrial> showing = trials.values().stream().filter(trial -> trial.isOn(lease)).toList();
    rows.increment(arrived.size());
    for (MetricRow row : arrived) {
      if (row.measurement() instanceof Measurement.OutOfMemory) {
        outOfMemory.increment();
      }
      showing.forEach(trial -> trial.accept(row));
    }
    countUpdates(lease, arrived);
  }

  @Override
  public void close() {
    meters.close();
  }

  private void countUpdates(Lease.Key lease, List<MetricRow> arrived) {
    Long seen = tokensSeen.get(lease);
    long fresh = 0;
    long count = 0;
    for (MetricRow row : arrived) {
      if (row.measurement() instanceof Measurement.Update update) {
        if (seen != null) {
          fresh += row.tokens() - seen;
          countTime(update, row.tokens() - seen);
        } else if (row.update() == 1) {
          fresh += row.tokens();
        }
        seen = row.tokens();
        count++;
      }
    }
    if (seen != null) {
      tokensSeen.put(lease, seen);
    }
    updates.increment(count);
    tokens.increment(fresh);
  }

  private void countTime(Measurement.Update update, long batch) {
    if (update.tokensPerSecond() > 0) {
      updateTime.record(Duration.ofNanos((long) (batch / update.tokensPerSecond() * 1e9)));
    }
  }

  private double room() {
    try {
      Path directory = store.get();
      return directory == null ? Double.NaN : Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /**
   * @param ended when, once it has
   */
  private record WatchedSweep(Supplier<SweepStanding> standing, Optional<Instant> ended) {}

  private void show(Map<SweepId, WatchedSweep> watched) {
    var bySweep = new LinkedHashMap<SweepId, SweepStanding>();
    var byState = new TreeMap<String, Long>();
    long slots = 0;
    var byBranchState = new TreeMap<>(Map.of("waiting", 0L, "leased", 0L, "resting", 0L));
    for (Map.Entry<SweepId, WatchedSweep> one : watched.entrySet()) {
      SweepStanding standing = one.getValue().standing().get();
      bySweep.put(one.getKey(), standing);
      if (one.getValue().ended().isEmpty()) {
        slots += standing.wantedSlots();
        byState.merge(standing.state(), 1L, Long::sum);
        standing.branches().forEach((state, n) -> byBranchState.merge(state, n, Long::sum));
      }
    }
    var savedRows = new ArrayList<MultiGauge.Row<?>>();
    var deviceRows = new ArrayList<MultiGauge.Row<?>>();
    var leaderRows = new ArrayList<MultiGauge.Row<?>>();
    bySweep.forEach(
        (sweep, standing) -> {
          deviceRows.add(
              Meters.row(
                  ExposedMetric.SWEEP_DEVICE_SECONDS, standing.deviceSeconds(), sweep.value()));
          standing
              .saved()
              .forEach(
                  (by, updates) ->
                      savedRows.add(
                          Meters.row(
                              ExposedMetric.SWEEP_UPDATES_SAVED, updates, sweep.value(), by)));
          for (int rank = 1; rank <= standing.leaders().size(); rank++) {
            SweepStanding.Leader leader = standing.leaders().get(rank - 1);
            leaderRows.add(
                Meters.row(
                    ExposedMetric.LEADERBOARD,
                    leader.objective(),
                    sweep.value(),
                    Integer.toString(rank),
                    leader.trial().toString()));
          }
        });
    sweeps.register(rows(ExposedMetric.SWEEPS, byState), true);
    wanted.set(slots);
    branches.register(rows(ExposedMetric.BRANCHES, byBranchState), true);
    deviceSeconds.register(deviceRows, true);
    saved.register(savedRows, true);
    leaderboard.register(leaderRows, true);
  }

  private static List<MultiGauge.Row<?>> rows(ExposedMetric metric, Map<String, Long> values) {
    var rows = new ArrayList<MultiGauge.Row<?>>();
    values.forEach((label, value) -> rows.add(Meters.row(metric, value, label)));
    return rows;
  }

  private void removeOld() {
    Instant gone = clock.instant().minus(AFTERGLOW);
    standings
        .values()
        .removeIf(sweep -> sweep.ended().filter(when -> when.isBefore(gone)).isPresent());
    for (Iterator<LiveTrial> each = trials.values().iterator(); each.hasNext(); ) {
      LiveTrial trial = each.next();
      if (trial.ended().filter(when -> when.isBefore(gone)).isPresent()) {
        each.remove();
        trial.remove();
      }
    }
    int most = 2 * Math.max(1, free.get() + used.get());
    while (trials.size() > most && firstEnded().isPresent()) {
      LiveTrial oldest = firstEnded().get();
      trials.remove(oldest.key());
      oldest.remove();
    }
  }

  /**
   * Live trials stay, also while a worker is away for a moment: leases bound how many there are.
   */
  private Optional<LiveTrial> firstEnded() {
    return trials.values().stream()
        .filter(trial -> trial.ended().isPresent())
        .min(Comparator.comparing(trial -> trial.ended().orElse(Instant.MAX)));
  }
}
