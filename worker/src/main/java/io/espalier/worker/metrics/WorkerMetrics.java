package io.espalier.worker.metrics;

import io.espalier.common.metrics.ExposedMetric;
import io.espalier.common.metrics.Meters;
import io.espalier.worker.memory.HostMemory;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What Prometheus sees of a worker. Any thread may call. */
public final class WorkerMetrics implements AutoCloseable {
  private final Meters meters = new Meters();
  private final Counter updates = meters.counter(ExposedMetric.WORKER_UPDATES);
  private final Timer evaluations = meters.timer(ExposedMetric.WORKER_EVALUATION_SECONDS);
  private final Timer checkpoints = meters.timer(ExposedMetric.WORKER_CHECKPOINT_SECONDS);
  private final Counter bytes = meters.counter(ExposedMetric.WORKER_CHECKPOINT_BYTES);
  private final Counter failures = meters.counter(ExposedMetric.WORKER_CHECKPOINT_FAILURES);
  private final DoubleAdder saved = new DoubleAdder();
  private volatile boolean connected;

  public WorkerMetrics() {
    var memory = new HostMemory();
    meters.gauge(ExposedMetric.WORKER_MEMORY, memory::resident);
    meters.gauge(ExposedMetric.WORKER_PACKING_SAVED, saved::sum);
    meters.gauge(ExposedMetric.WORKER_CONNECTED, () -> connected ? 1 : 0);
  }

  /** Where the number of branches in training is asked for. */
  public void branches(IntSupplier training) {
    meters.gauge(ExposedMetric.WORKER_BRANCHES, training::getAsInt);
  }

  /** Where the number of unacknowledged rows is asked for. */
  public void spool(IntSupplier rows) {
    meters.gauge(ExposedMetric.WORKER_SPOOL_ROWS, rows::getAsInt);
  }

  /** Where the GPU's load is asked for. */
  public void gpu(Supplier<Optional<GpuWatch.Load>> load) {
    meters.gauge(ExposedMetric.WORKER_GPU_MEMORY_USED, () -> of(load, GpuWatch.Load::usedBytes));
    meters.gauge(ExposedMetric.WORKER_GPU_MEMORY, () -> of(load, GpuWatch.Load::totalBytes));
    meters.gauge(ExposedMetric.WORKER_GPU_UTILIZATION, () -> of(load, GpuWatch.Load::utilization));
  }

  private static double of(
      Supplier<Optional<GpuWatch.Load>> load, ToDoubleFunction<GpuWatch.Load> part) {
    return load.get().map(part::applyAsDouble).orElse(Double.NaN);
  }

  /** Whether a coordinator has it registered. */
  public void connected(boolean now) {
    connected = now;
  }

  public void updated() {
    updates.increment();
  }

  /** Training branches together took so much less time than one after another. */
  public void saved(double seconds) {
    saved.add(seconds);
  }

  public void evaluated(Duration took) {
    evaluations.record(took);
  }

  public void checkpointWritten(Duration took, long size) {
    checkpoints.record(took);
    bytes.increment(size);
  }

  public void checkpointFailed() {
    failures.increment();
  }

  /** Everything, as {@link Meters#scrape}. */
  String scrape(String accept) {
    return meters.scrape(accept);
  }

  @Override
  public void close() {
    meters.close();
  }
}
