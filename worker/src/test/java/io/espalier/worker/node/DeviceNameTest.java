package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceNameTest {
  private static final Map<String, String> CUDA =
      Map.of("PYTORCH_LIBRARY_PATH", "/opt/libtorch/lib", "PYTORCH_FLAVOR", "cu128");

  @Test
  void there_is_always_a_device() {
    assertThat(DeviceName.parse("all")).isNotEmpty();
    assertThat(DeviceName.parse("cpu")).containsExactly(DeviceName.CPU);
  }

  @Test
  void what_is_no_device_or_not_there_is_named() {
    for (String wrong : new String[] {"", "gpu", "0,", "-1", "9999"}) {
      assertThatThrownBy(() -> DeviceName.parse(wrong))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("--devices");
    }
  }

  @Test
  void a_libtorch_for_gpus_in_the_environment_gives_the_driver_s_gpus(@TempDir Path dev)
      throws IOException {
    for (String file : List.of("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null")) {
      Files.createFile(dev.resolve(file));
    }
    var gpus = new CudaDevices(CUDA, dev);
    assertThat(DeviceName.parse("0", gpus)).containsExactly(new DeviceName(0));
    assertThat(DeviceName.parse("all", gpus)).containsExactly(new DeviceName(0), new DeviceName(1));
    assertThat(DeviceName.parse("1,cpu", gpus)).containsExactly(new DeviceName(1), DeviceName.CPU);
    assertThatThrownBy(() -> DeviceName.parse("2", gpus))
        .hasMessageContaining("this machine has 2, counted from 0");
  }

  @Test
  void a_library_without_a_flavor_is_for_gpus_when_it_has_cuda(@TempDir Path directory)
      throws IOException {
    Files.createFile(directory.resolve("nvidia0"));
    var gpus = new CudaDevices(Map.of("PYTORCH_LIBRARY_PATH", directory.toString()), directory);
    assertThat(DeviceName.parse("all", gpus)).containsExactly(DeviceName.CPU);
    Files.createFile(directory.resolve(System.mapLibraryName("torch_cuda")));
    assertThat(DeviceName.parse("all", gpus)).containsExactly(new DeviceName(0));
  }

  @Test
  void of_the_visible_gpus_those_before_the_first_that_is_none_count(@TempDir Path dev) {
    Map<String, Integer> counts =
        Map.of("0", 1, "3,1", 2, "GPU-8f3a, MIG-17", 2, "0, GPU-8932f937,-1,3", 2, "-1", 0, "", 0);
    counts.forEach(
        (visible, count) -> {
          var environment = new HashMap<>(CUDA);
          environment.put("CUDA_VISIBLE_DEVICES", visible);
          assertThat(new CudaDevices(environment, dev).count()).as(visible).isEqualTo(count);
        });
  }

  @Test
  void a_libtorch_for_cpus_has_no_gpu_whatever_the_driver_lists(@TempDir Path dev)
      throws IOException {
    Files.createFile(dev.resolve("nvidia0"));
    var gpus = new CudaDevices(Map.of("PYTORCH_FLAVOR", "cpu"), dev);
    assertThat(DeviceName.parse("all", gpus)).containsExactly(DeviceName.CPU);
    assertThatThrownBy(() -> DeviceName.parse("0", gpus))
        .hasMessageContaining("its libtorch is for CPUs");
  }

  @Test
  void where_one_device_is_asked_for_several_are_refused(@TempDir Path dev) throws IOException {
    Files.createFile(dev.resolve("nvidia0"));
    var gpus = new CudaDevices(CUDA, dev);
    assertThat(DeviceName.single("0", gpus)).isEqualTo(new DeviceName(0));
    assertThat(DeviceName.single("cpu", gpus)).isEqualTo(DeviceName.CPU);
    for (String several : List.of("all", "0,cpu")) {
      assertThatThrownBy(() -> DeviceName.single(several, gpus))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("give one here");
    }
  }
}
