package io.espalier.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final Duration SHORT = Duration.ofSeconds(2);

  @Test
  void each_short_life_doubles_the_pause_up_to_a_minute() {
    Stream<Backoff> lives =
        Stream.iterate(Backoff.FIRST, backoff -> backoff.afterLife(SHORT).doubled());

    assertThat(lives.limit(8).map(backoff -> backoff.next().toSeconds()))
        .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
  }

  @Test
  void after_a_life_of_a_minute_the_pause_is_short_again() {
    Backoff late = new Backoff(Duration.ofSeconds(32));

    assertThat(late.afterLife(Duration.ofSeconds(59))).isEqualTo(late);
    assertThat(late.afterLife(Duration.ofSeconds(60))).isEqualTo(Backoff.FIRST);
  }
}
