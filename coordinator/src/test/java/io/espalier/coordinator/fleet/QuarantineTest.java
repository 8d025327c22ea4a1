package io.espalier.coordinator.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QuarantineTest {
  private static final SweepId SWEEP = new SweepId("demo-1");
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00Z");
  private static final Set<String> OTHERS = Set.of("good");

  private Quarantine quarantine = Quarantine.EMPTY;

  private void fails(int branch, Instant when) {
    quarantine = quarantine.failed("bad", failure(branch), OTHERS, when);
  }

  private static Quarantine.Failure failure(int branch) {
    return new Quarantine.Failure(SWEEP, new BranchId(branch), "no device " + branch);
  }

  private void failsThree() {
    for (int branch = 0; branch < 3; branch++) {
      fails(branch, NOW);
    }
  }

  @Test
  void three_branches_failed_in_a_row_shut_a_worker_out_with_the_last_reason() {
    fails(0, NOW);
    fails(1, NOW);
    assertThat(quarantine.isShut("bad", NOW)).isFalse();
    fails(2, NOW);
    assertThat(quarantine.shut("bad", NOW).orElseThrow().reason())
        .isEqualTo("3 branches failed in a row, the last: no device 2");
    assertThat(quarantine.isShut("good", NOW)).isFalse();
  }

  @Test
  void the_same_branch_counts_once_and_one_trained_between_them_ends_the_row() {
    for (int n = 0; n < 5; n++) {
      fails(0, NOW);
    }
    fails(1, NOW);
    assertThat(quarantine.isShut("bad", NOW)).isFalse();
    quarantine = quarantine.trained("bad");
    fails(2, NOW);
    assertThat(quarantine.isShut("bad", NOW)).isFalse();
  }

  @Test
  void after_ten_minutes_it_may_try_again_and_a_single_failure_shuts_it_out_for_longer() {
    failsThree();
    Instant later = NOW.plus(Duration.ofMinutes(10));
    assertThat(quarantine.isShut("bad", later.minusMillis(1))).isTrue();
    assertThat(quarantine.isShut("bad", later)).isFalse();
    fails(3, later);
    assertThat(quarantine.isShut("bad", later.plus(Duration.ofMinutes(19)))).isTrue();
    assertThat(quarantine.isShut("bad", later.plus(Duration.ofMinutes(20)))).isFalse();
  }

  @Test
  void the_last_worker_that_is_left_is_never_shut_out() {
    for (int branch = 0; branch < 9; branch++) {
      quarantine = quarantine.failed("bad", failure(branch), Set.of(), NOW);
    }
    assertThat(quarantine.isShut("bad", NOW)).isFalse();
  }

  @Test
  void what_fails_at_several_places_is_held_against_none() {
    fails(0, NOW);
    fails(1, NOW);
    quarantine = quarantine.absolved(SWEEP, new BranchId(1));
    fails(2, NOW);
    assertThat(quarantine.isShut("bad", NOW)).isFalse();
  }

  @Test
  void when_nothing_is_held_against_it_any_more_it_is_let_out() {
    failsThree();
    for (int branch = 0; branch < 3; branch++) {
      quarantine = quarantine.absolved(SWEEP, new BranchId(branch));
    }
    assertThat(quarantine).isEqualTo(Quarantine.EMPTY);
  }

  @Test
  void what_it_still_held_when_it_was_shut_out_makes_that_no_longer() {
    failsThree();
    fails(3, NOW.plusSeconds(1));
    assertThat(quarantine.isShut("bad", NOW.plus(Duration.ofMinutes(10)))).isFalse();
  }

  @Test
  void whoever_mended_it_lets_it_out() {
    failsThree();
    quarantine = quarantine.released("bad");
    assertThat(quarantine.isShut("bad", NOW)).isFalse();
  }
}
