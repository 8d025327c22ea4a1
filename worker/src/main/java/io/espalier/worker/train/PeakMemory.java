package io.espalier.worker.train;

import io.espalier.worker.memory.HostMemory;

/**
 * Most memory this process had resident since {@link #begin}. The kernel keeps the peak since the
 * process began: one reached earlier hides lower ones, which are known by samples only.
 */
final class PeakMemory {
  private final HostMemory host = new HostMemory();
  private long before = host.peak();
  private long sampled;

  /** What was before no longer counts. */
  void begin() {
    before = host.peak();
    sampled = 0;
  }

  /** To be called now and then, best where much is allocated. */
  void sample() {
    sampled = Math.max(sampled, host.resident());
  }

  /** In bytes; 0 where the system does not tell. */
  long bytes() {
    sample();
    long peak = host.peak();
    return peak > before ? peak : sampled;
  }
}
