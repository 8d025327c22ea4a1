package io.espalier.worker.memory;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import org.junit.jupiter.api.Test;

class GpuMemoryTest {
  @Test
  void what_it_tells_is_what_CUDA_tells_and_nothing_where_there_is_none() {
    boolean there = CudaUtils.hasCuda();
    DeviceMemory memory = DeviceMemory.of(Device.gpu());

    assertThat(memory.restartPeak()).isEqualTo(there);
    assertThat(memory.resident() > 0).isEqualTo(there);
    assertThat(memory.peak() >= memory.resident()).isTrue();
    assertThat(memory.available().isPresent()).isEqualTo(there);
  }
}
