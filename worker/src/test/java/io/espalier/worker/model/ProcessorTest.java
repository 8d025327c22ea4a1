package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcessorTest {
  private static final String SERVER =
      """
      processor\t: 0
      model name\t: Intel(R) Xeon(R) Processor
      flags\t\t: fpu fma avx2 avx512f avx512dq avx512bw avx512vl avx512_bf16

      processor\t: 1
      """;

  @Test
  void the_widest_kernels_the_processor_can_run_are_used() {
    assertThat(Processor.of(SERVER, Map.of()))
        .isEqualTo(new Processor("Intel(R) Xeon(R) Processor", "AVX512+avx512_bf16", false));
    String laptop = "model name : N\nflags : fma avx2 avx512f\n";
    assertThat(Processor.of(laptop, Map.of()).instructionSet()).isEqualTo("AVX2");
    assertThat(Processor.of("flags : sse2 avx2", Map.of()).instructionSet()).isEqualTo("default");
  }

  @Test
  void products_are_left_to_mkl_on_intels_processors_and_where_units_or_kernels_are_narrow() {
    String flags = "flags : avx2 fma avx512dq avx512bw avx512vl\n";
    String zen5 = "vendor_id\t: AuthenticAMD\ncpu family\t: 26\n" + flags;
    String zen4 = zen5.replace("26", "25");
    assertThat(Processor.of(zen5, Map.of()).oneDnn()).isTrue();
    assertThat(Processor.of(zen4, Map.of()).oneDnn()).isFalse();
    assertThat(Processor.of(zen5.replace("AuthenticAMD", "GenuineIntel"), Map.of()).oneDnn())
        .isFalse();
    assertThat(Processor.of(flags, Map.of()).oneDnn()).isFalse();
    assertThat(Processor.of(zen5, Map.of("ATEN_CPU_CAPABILITY", "avx2")).oneDnn()).isFalse();
  }

  @Test
  void the_environment_has_the_last_word() {
    assertThat(Processor.of(SERVER, Map.of("ATEN_CPU_CAPABILITY", "avx2")).instructionSet())
        .isEqualTo("AVX2+avx512_bf16");
    assertThat(Processor.of(SERVER, Map.of("ATEN_CPU_CAPABILITY", "fast")).instructionSet())
        .isEqualTo("AVX512+avx512_bf16");
  }

  @Test
  void a_system_that_tells_nothing_still_has_a_name() {
    assertThat(Processor.of("", Map.of()).name()).isEqualTo(System.getProperty("os.arch"));
  }
}
