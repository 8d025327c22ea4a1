package io.espalier.worker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class PassMemoryTest {
  private static final long MEBIBYTE = 1 << 20;

  /** A machine of which this process has 300 MiB. */
  private static final class Machine extends HostMemory {
    private long resident = 300 * MEBIBYTE;
    private long peak = 300 * MEBIBYTE;
    private long available;

    Machine(long available) {
      this.available = available * MEBIBYTE;
    }

    @Override
    public long resident() {
      return resident;
    }

    @Override
    public long peak() {
      return peak;
    }

    @Override
    public boolean restartPeak() {
      peak = resident;
      return true;
    }

    @Override
    public OptionalLong available() {
      return OptionalLong.of(available);
    }
  }

  private static PassMemory memory(HostMemory host, int lanes, MemoryModel.Seen... seen) {
    return new PassMemory(host, 300 * MEBIBYTE, List.of(seen), 0, lanes, Duration.ZERO);
  }

  private static MemoryModel.Seen seen(long tokens, long mebibytes) {
    return new MemoryModel.Seen(1, tokens, mebibytes * MEBIBYTE);
  }

  @Test
  void lanes_have_equal_parts_of_what_is_left_and_what_they_already_hold() {
    var machine = new Machine(500);
    PassMemory two = memory(machine, 2, seen(100, 10), seen(200, 20));
    long fresh = two.mostTokens(1);

    machine.resident += 100 * MEBIBYTE;
    machine.available -= 100 * MEBIBYTE;

    // 95 % of 250 MiB, a tenth of it for error, at 0.1 MiB a token.
    assertThat(fresh).isBetween(2150L, 2160L).isEqualTo(two.mostTokens(1));
    assertThat(memory(new Machine(500), 1, seen(100, 10)).mostTokens(1))
        .isBetween(2 * fresh, 2 * fresh + 1);
  }

  @Test
  void a_pass_too_large_is_refused_with_what_it_takes_and_what_there_is() {
    PassMemory memory = memory(new Machine(500), 2, seen(100, 10));

    assertThatThrownBy(() -> memory.check(4, 8000, true))
        .isInstanceOf(NotEnoughMemory.class)
        .hasMessage(
            "not enough memory: a pass of 8,000 tokens in 4 trials takes about 800 MiB, and 238 MiB"
                + " are available to it");
  }

  @Test
  void what_cannot_be_made_smaller_may_have_the_memory_of_all_lanes() {
    PassMemory memory = memory(new Machine(500), 2, seen(100, 10));

    assertThatThrownBy(() -> memory.check(1, 4000, true)).isInstanceOf(NotEnoughMemory.class);
    assertThatCode(() -> memory.check(1, 4000, false)).doesNotThrowAnyException();
    assertThatThrownBy(() -> memory.check(1, 5000, false))
        .hasMessageContaining("500 MiB, and 475 MiB are available");
  }

  @Test
  void it_learns_from_the_largest_pass_so_far() {
    var machine = new Machine(500);
    PassMemory memory = memory(machine, 2);
    assertThat(memory.mostTokens(1)).as("nothing is known").isEqualTo(Long.MAX_VALUE);

    long resident = memory.watch(100).orElseThrow();
    machine.peak = resident + 50 * MEBIBYTE;
    memory.made(1, 100, resident);

    assertThat(memory.mostTokens(1)).isBetween(400L, 450L);
    assertThat(memory.watch(100)).as("no larger").isEmpty();
    assertThat(memory.watch(101)).isPresent();
  }

  @Test
  void nothing_is_bounded_where_a_device_says_itself_when_it_is_full() {
    assertThat(PassMemory.UNBOUNDED.mostTokens(16)).isEqualTo(Long.MAX_VALUE);
    assertThat(PassMemory.UNBOUNDED.watch(1)).isEmpty();
    assertThatCode(() -> PassMemory.UNBOUNDED.check(16, Long.MAX_VALUE, true))
        .doesNotThrowAnyException();
  }

  @Test
  void this_process_is_resident_and_its_peak_can_be_counted_anew() {
    var host = new HostMemory();
    assertThat(host.resident()).isPositive();
    assertThat(host.available()).isPresent();
    if (host.restartPeak()) {
      assertThat(host.peak()).isBetween(host.resident() / 2, host.resident() * 2);
    }
  }
}
