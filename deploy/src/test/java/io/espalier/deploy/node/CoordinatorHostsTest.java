package io.espalier.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoordinatorHostsTest {
  @Test
  void hosts_keep_their_names_and_get_the_usual_port() {
    assertThat(CoordinatorHosts.parse(List.of("head", "spare:9000", "[::1]:7", "10.0.0.3")).seeds())
        .containsExactly("head:8352", "spare:9000", "[::1]:7", "10.0.0.3:8352");
  }

  @Test
  void what_is_no_host_is_named() {
    for (String wrong : List.of("", "head:port", "a b", "head:99999")) {
      assertThatThrownBy(() -> CoordinatorHosts.parse(List.of(wrong)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("--coordinator-hosts");
    }
    assertThatThrownBy(() -> CoordinatorHosts.parse(List.of()))
        .hasMessageContaining("--coordinator-hosts HOST");
  }

  @Test
  void a_worker_of_loopback_coordinators_stays_on_loopback() {
    assertThat(CoordinatorHosts.parse(List.of("127.0.0.1", "127.0.0.2:9")).localAddress())
        .isEqualTo("127.0.0.1");
  }

  @Test
  void a_coordinator_without_an_address_yet_asks_for_the_workers_own_name() {
    assertThatThrownBy(() -> CoordinatorHosts.parse(List.of("no-such-host.invalid")).localAddress())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--host");
  }
}
