package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What Prometheus sees of a coordinator: every {@link ExposedMetric} and the JVM's own. Series of a
 * trial are there while it is live and 60 s after, for at most twice as many trials as there are
 * slots; curves live in the store. Any thread may call.
 */
public final class CoordinatorMetrics implements AutoCloseable {
  private static final Duration AFTERGLOW = Duration.ofSeconds(60);
  private static final int LEASES_REMEMBERED = 4_096;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Clock clock;
  private final JvmGcMetrics collector = new JvmGcMetrics();
  private final AtomicInteger free = new AtomicInteger();
  private final AtomicInteger used = new AtomicInteger();
  private final AtomicInteger workers = new AtomicInteger();
  private final Counter outOfMemory = counter(ExposedMetric.OUT_OF_MEMORY);
  private final Counter updates = counter(ExposedMetric.UPDATES);
  private final Counter tokens = counter(ExposedMetric.TOKENS);
  private final Counter rows = counter(ExposedMetric.METRIC_ROWS);
  private final Counter rowsRefused = counter(ExposedMetric.METRIC_ROWS_REFUSED);

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
    gauge(ExposedMetric.SLOTS, free, "free");
    gauge(ExposedMetric.SLOTS, used, "used");
    gauge(ExposedMetric.WORKERS, workers);
    collector.bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  /** How many slots all workers have together. Call it before the first trial starts. */
  public void slots(int free, int used) {
    this.free.set(free);
    this.used.set(used);
  }

  /** How many workers are registered. */
  public void workers(int registered) {
    workers.set(registered);
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
    trials.put(key, new LiveTrial(registry, key, branch, config, updates));
    removeOld();
  }

  /** A trial has ended. */
  public synchronized void trialEnded(SweepId sweep, TrialId trial, Outcome outcome) {
    counter(ExposedMetric.TRIALS, sweep.value(), outcome.word()).increment();
    if (outcome instanceof Outcome.Killed killed) {
      counter(ExposedMetric.KILLS, killed.verdict().rule()).increment();
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
    synchronized (this) {
      removeOld();
    }
    return registry.scrape(accept);
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
      if (row.measurement() instanceof Measurement.Update) {
        updates.increment();
        countTokens(row);
      } else if (row.measurement() instanceof Measurement.OutOfMemory) {
        outOfMemory.increment();
      }
      showing.forEach(trial -> trial.accept(row));
    }
  }

  @Override
  public void close() {
    collector.close();
    registry.close();
  }

  private void countTokens(MetricRow row) {
    Long before = tokensSeen.put(row.lease(), row.tokens());
    if (before != null) {
      tokens.increment(row.tokens() - before);
    } else if (row.update() == 1) {
      tokens.increment(row.tokens());
    }
  }

  private void removeOld() {
    Instant gone = clock.instant().minus(AFTERGLOW);
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

  private Counter counter(ExposedMetric metric, String... labels) {
    return Counter.builder(metric.meterName())
        .description(metric.help())
        .tags(metric.tags(labels))
        .register(registry);
  }

  private void gauge(ExposedMetric metric, AtomicInteger value, String... labels) {
    Gauge.builder(metric.meterName(), value::get)
        .description(metric.help())
        .tags(metric.tags(labels))
        .register(registry);
  }
}
