package io.espalier.worker.memory;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;
import java.lang.management.MemoryUsage;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A GPU's memory as CUDA tells it, of all processes. libtorch keeps what a pass took, so that it is
 * seen after it.
 */
final class GpuMemory implements DeviceMemory {
  private static final Logger log = LoggerFactory.getLogger(GpuMemory.class);

  private final Device device;
  private long peak;

  GpuMemory(Device device) {
    this.device = device;
  }

  private Optional<MemoryUsage> usage() {
    try {
      return Optional.of(CudaUtils.getGpuMemory(device));
    } catch (RuntimeException | LinkageError e) {
      log.debug("the memory of {} is not known", device, e);
      return Optional.empty();
    }
  }

  @Override
  public long resident() {
    long used = usage().map(MemoryUsage::getUsed).orElse(0L);
    peak = Math.max(peak, used);
    return used;
  }

  @Override
  public long peak() {
    return Math.max(resident(), peak);
  }

  @Override
  public boolean restartPeak() {
    peak = 0;
    return resident() > 0;
  }

  @Override
  public void trim() {
    JniUtils.emptyCudaCache();
  }

  @Override
  public OptionalLong available() {
    return usage()
        .map(usage -> OptionalLong.of(usage.getMax() - usage.getUsed()))
        .orElse(OptionalLong.empty());
  }
}
