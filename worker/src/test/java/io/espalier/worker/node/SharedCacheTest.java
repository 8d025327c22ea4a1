package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedCacheTest {
  private final List<String> freed = new ArrayList<>();
  private final SharedCache<String, String> cache =
      new SharedCache<>(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), freed::add);

  private SharedCache.Loan<String> borrow(String key) {
    return cache.borrow(key, other -> false, () -> "the " + key);
  }

  /** Reads it only when so much of the rest was freed. */
  private SharedCache.Loan<String> borrowLarge(int afterFreeing) {
    return cache.borrow(
        "large",
        other -> false,
        () -> {
          if (freed.size() < afterFreeing) {
            throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
          }
          return "the large";
        });
  }

  @Test
  void when_memory_runs_out_at_reading_all_that_is_idle_is_freed_and_it_is_read_again() {
    borrow("used").value();
    borrow("idle").close();
    borrow("other").close();

    assertThat(borrowLarge(2).value()).isEqualTo("the large");
    assertThat(freed).containsExactly("the idle", "the other");
  }

  @Test
  void when_nothing_is_idle_it_is_told_that_memory_ran_out() {
    borrow("used").value();

    assertThatThrownBy(() -> borrowLarge(1)).hasMessageContaining("out of memory");
    assertThat(freed).isEmpty();
  }

  @Test
  void one_of_two_who_share_gives_back_his_own_loan_only() {
    SharedCache.Loan<String> mine = borrow("one");
    SharedCache.Loan<String> yours = borrow("one");
    mine.close();
    mine.close();

    assertThatThrownBy(() -> borrowLarge(1)).hasMessageContaining("out of memory");

    yours.close();
    assertThat(borrowLarge(1).value()).isEqualTo("the large");
  }
}
