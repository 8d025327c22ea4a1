package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import org.junit.jupiter.api.Test;

class DeviceNameTest {
  @Test
  void there_is_always_a_device() {
    assertThat(DeviceName.parse("all")).isNotEmpty();
    assertThat(DeviceName.parse("cpu")).containsExactly(DeviceName.CPU);
  }

  @Test
  void what_follows_no_device_in_the_list_of_visible_ones_is_hidden_too() {
    assertThat(DeviceName.visible("-1")).isZero();
    assertThat(DeviceName.visible("")).isZero();
    assertThat(DeviceName.visible("0,2")).isEqualTo(2);
    assertThat(DeviceName.visible("0, GPU-8932f937,-1,3")).isEqualTo(2);
  }

  @Test
  void what_is_no_device_or_not_there_is_named() {
    for (String wrong : new String[] {"", "gpu", "0,", "-1", "9999"}) {
      assertThatThrownBy(() -> DeviceName.parse(wrong))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("--devices");
    }
  }
}
