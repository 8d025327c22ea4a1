package io.espalier.worker.memory;

import ai.djl.Device;
import java.util.OptionalLong;

/** What is taken of the memory that passes are made in, and could be, in bytes. */
public interface DeviceMemory {
  /** Of a CPU, the host's. */
  static DeviceMemory of(Device device) {
    return device.isGpu() ? new GpuMemory(device) : new HostMemory();
  }

  /** 0 where the system does not tell. */
  long resident();

  /** Most that was resident since {@link #restartPeak} was last called; 0 where unknown. */
  long peak();

  /** Whether the system lets the peak be counted anew. */
  boolean restartPeak();

  /**
   * Gives back what is kept of memory that was freed, so that what comes next is seen in {@link
   * #resident}.
   */
  void trim();

  /** What could be taken beside it. */
  OptionalLong available();
}
