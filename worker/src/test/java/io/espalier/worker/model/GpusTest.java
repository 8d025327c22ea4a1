package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Provenance;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GpusTest {
  @Test
  void a_gpu_is_known_by_its_name_and_driver() {
    assertThat(Gpus.parse("NVIDIA H200, 570.86.15\n", Map.of("PYTORCH_FLAVOR", "cu128")))
        .contains(new Provenance.Gpu("NVIDIA H200", "570.86.15", Optional.of("12.8")));
    assertThat(Gpus.parse("NVIDIA H200, 570.86.15\n", Map.of()))
        .contains(new Provenance.Gpu("NVIDIA H200", "570.86.15", Optional.empty()));
    assertThat(Gpus.parse("No devices were found\n", Map.of())).isEmpty();
  }

  @Test
  void the_driver_is_asked_for_the_one_that_cuda_sees() {
    assertThat(Gpus.place(1, Map.of())).isEqualTo("1");
    assertThat(Gpus.place(1, Map.of("CUDA_VISIBLE_DEVICES", "3, GPU-8932f937")))
        .isEqualTo("GPU-8932f937");
  }
}
