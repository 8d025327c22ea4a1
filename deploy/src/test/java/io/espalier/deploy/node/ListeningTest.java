package io.espalier.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import org.junit.jupiter.api.Test;

class ListeningTest {
  @Test
  void all_of_loopback_is_this_machine() {
    Listening second = new Listening("127.0.0.2", "127.0.0.2");

    assertThat(second.allowedIf(false, "a port")).isEqualTo(second);
  }

  @Test
  void others_reach_it_only_when_they_are_known_or_that_is_wished_for() {
    Listening open = new Listening("192.0.2.1", "0.0.0.0");

    assertThatThrownBy(() -> open.allowedIf(false, "the HTTP port"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("0.0.0.0")
        .hasMessageContaining("the HTTP port")
        .hasMessageContaining("--certificates DIR")
        .hasMessageContaining("--insecure");
    assertThat(open.allowedIf(true, "the HTTP port")).isEqualTo(open);
  }

  @Test
  void all_interfaces_are_no_name() {
    assertThatThrownBy(() -> new Listening("0.0.0.0", "0.0.0.0").allowedIf(true, "a port"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--bind 0.0.0.0");
  }
}
