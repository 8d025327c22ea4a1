package io.espalier.worker.train;

import io.espalier.worker.memory.DeviceMemory;

/**
 * Most of a device's memory that was resident since {@link #begin}. A host's kernel keeps the peak
 * since the process began: one reached earlier hides lower ones, which are known by samples only.
 */
final class PeakMemory {
  private final DeviceMemory device;
  private long before;
  private long sampled;

  PeakMemory(DeviceMemory device) {
    this.device = device;
    begin();
  }

  /** What was before no longer counts. */
  void begin() {
    before = device.peak();
    sampled = 0;
  }

  /** To be called now and then, best where much is allocated. */
  void sample() {
    sampled = Math.max(sampled, device.resident());
  }

  /** In bytes; 0 where the system does not tell. */
  long bytes() {
    sample();
    long peak = device.peak();
    return peak > before ? peak : sampled;
  }
}
