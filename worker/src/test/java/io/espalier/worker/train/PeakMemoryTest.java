package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.memory.HostMemory;
import org.junit.jupiter.api.Test;

class PeakMemoryTest {
  @Test
  void what_is_touched_and_freed_again_is_counted() {
    PeakMemory memory = new PeakMemory(new HostMemory());
    memory.begin();
    long before = memory.bytes();
    byte[] touched = new byte[200_000_000];
    touched[1] = 1;
    for (int i = 0; i < touched.length; i += 4096) {
      touched[i] = 1;
    }
    memory.sample();
    assertThat(memory.bytes()).isGreaterThan(before).isGreaterThan(touched.length);
  }
}
