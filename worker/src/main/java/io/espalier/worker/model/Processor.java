package io.espalier.worker.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The processor as libtorch uses it.
 *
 * @param name as the processor calls itself
 * @param instructionSet of libtorch's CPU kernels: {@code AVX512}, {@code AVX2} or {@code default},
 *     with {@code +avx512_bf16} where the processor has it
 * @param oneDnn whether oneDNN is faster than MKL in float32: MKL keeps its AVX-512 kernels for
 *     Intel's own, which matters where the processor has units as wide as that. AMD's have since
 *     Zen 5; Zen 4 does the same in halves, and what oneDNN copies costs more than it gains.
 */
public record Processor(String name, String instructionSet, boolean oneDnn) {
  private static final Path LINUX = Path.of("/proc/cpuinfo");

  /** The first of AMD's families, Zen 5, that computes 512 bits at once. */
  private static final int WIDE_FAMILY = 26;

  /** libtorch obeys it without asking the processor. */
  private static final String CHOICE = "ATEN_CPU_CAPABILITY";

  /** This machine's. */
  public static Processor current() {
    if (!Files.isReadable(LINUX)) {
      return of("", System.getenv());
    }
    try {
      return of(Files.readString(LINUX), System.getenv());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Processor of(String cpuinfo, Map<String, String> environment) {
    Set<String> flags = Set.copyOf(Arrays.asList(value(cpuinfo, "flags").split(" ")));
    String level =
        Optional.ofNullable(environment.get(CHOICE))
            .filter(choice -> List.of("avx512", "avx2", "default").contains(choice))
            .map(choice -> choice.equals("default") ? choice : choice.toUpperCase(Locale.ROOT))
            .orElseGet(() -> level(flags));
    String bf16 = flags.contains("avx512_bf16") ? "+avx512_bf16" : "";
    String name = value(cpuinfo, "model name");
    boolean wide =
        value(cpuinfo, "vendor_id").equals("AuthenticAMD")
            && value(cpuinfo, "cpu family").matches("\\d{1,4}")
            && Integer.parseInt(value(cpuinfo, "cpu family")) >= WIDE_FAMILY;
    return new Processor(
        name.isEmpty() ? System.getProperty("os.arch") : name,
        level + bf16,
        wide && level.equals("AVX512"));
  }

  /** As ATen chooses (aten/src/ATen/native/DispatchStub.cpp). */
  private static String level(Set<String> flags) {
    if (flags.containsAll(List.of("avx512vl", "avx512bw", "avx512dq", "fma"))) {
      return "AVX512";
    }
    return flags.containsAll(List.of("avx2", "fma")) ? "AVX2" : "default";
  }

  private static String value(String cpuinfo, String key) {
    return cpuinfo
        .lines()
        .map(line -> line.split("\\s*:\\s*", 2))
        .filter(pair -> pair.length == 2 && pair[0].equals(key))
        .map(pair -> pair[1].strip())
        .findFirst()
        .orElse("");
  }
}
