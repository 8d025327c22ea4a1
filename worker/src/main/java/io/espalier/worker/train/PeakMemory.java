package io.espalier.worker.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Most memory this process had resident since {@link #begin}. The kernel keeps the peak since the
 * process began: one reached earlier hides lower ones, which are known by samples only.
 */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private long before = read("VmHWM:");
  private long sampled;

  /** What was before no longer counts. */
  void begin() {
    before = read("VmHWM:");
    sampled = 0;
  }

  /** To be called now and then, best where much is allocated. */
  void sample() {
    sampled = Math.max(sampled, read("VmRSS:"));
  }

  /** In bytes; 0 where the system does not tell. */
  long bytes() {
    sample();
    long peak = read("VmHWM:");
    return peak > before ? peak : sampled;
  }

  private static long read(String key) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(key)) {
          return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
