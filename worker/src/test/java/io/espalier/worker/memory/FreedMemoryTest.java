package io.espalier.worker.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FreedMemoryTest {
  private static final class Host extends HostMemory {
    private long resident;
    private int trims;

    @Override
    public long resident() {
      return resident;
    }

    @Override
    public void trim() {
      trims++;
    }
  }

  private final Host host = new Host();
  private final FreedMemory freed = new FreedMemory(host);

  private int trimsAfter(long... resident) {
    for (long bytes : resident) {
      host.resident = bytes;
      freed.look();
    }
    return host.trims;
  }

  @Test
  void it_is_given_back_once_more_is_resident_than_was_needed_after_the_last_time() {
    assertThat(trimsAfter(1000)).as("what was needed is not known yet").isEqualTo(1);
    assertThat(trimsAfter(800, 800, 820, 840)).as("as much as is needed").isEqualTo(1);
    assertThat(trimsAfter(841)).isEqualTo(2);
    assertThat(trimsAfter(900, 940)).as("larger packs need more").isEqualTo(2);
    assertThat(trimsAfter(946)).isEqualTo(3);
  }
}
