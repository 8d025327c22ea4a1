package io.espalier.common.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** What a process shows Prometheus: the JVM's own, and its {@link ExposedMetric}s. */
public final class Meters implements AutoCloseable {
  /** From a millisecond to a minute, about three to each power of ten. */
  private static final Duration[] BUCKETS =
      LongStream.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collector = new JvmGcMetrics();

  public Meters() {
    collector.bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  /** For series that come and go. */
  public MeterRegistry registry() {
    return registry;
  }

  public Counter counter(ExposedMetric metric, String... labels) {
    return Counter.builder(metric.meterName())
        .description(metric.help())
        .tags(metric.tags(labels))
        .register(registry);
  }

  public Timer timer(ExposedMetric metric) {
    return Timer.builder(metric.meterName())
        .description(metric.help())
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /**
   * @param value asked for at each scrape
   */
  public void gauge(ExposedMetric metric, Supplier<Number> value, String... labels) {
    Gauge.builder(metric.meterName(), value)
        .description(metric.help())
        .tags(metric.tags(labels))
        .register(registry);
  }

  /** One whose series are all replaced at a time. */
  public MultiGauge multi(ExposedMetric metric) {
    return MultiGauge.builder(metric.meterName()).description(metric.help()).register(registry);
  }

  /** A series of such a one. */
  public static MultiGauge.Row<?> row(ExposedMetric metric, double value, String... labels) {
    return MultiGauge.Row.of(Tags.of(metric.tags(labels)), value);
  }

  /**
   * Everything, as a scraper wants it.
   *
   * @param accept the request's {@code Accept} header; OpenMetrics where it asks for that, else
   *     Prometheus' text format
   */
  public String scrape(String accept) {
    return registry.scrape(accept);
  }

  @Override
  public void close() {
    collector.close();
    registry.close();
  }
}
