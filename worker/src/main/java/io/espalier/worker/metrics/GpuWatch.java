package io.espalier.worker.metrics;

import io.espalier.worker.model.Gpus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a GPU's driver says of it every few seconds: a child process, {@code nvidia-smi}, writes a
 * line each time. Asking it anew would take the driver a second on hosts that keep it unloaded.
 */
public final class GpuWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GpuWatch.class);
  private static final Pattern LINE = Pattern.compile("(\\d+), (\\d+), (\\d+)");
  private static final long MEBIBYTE = 1L << 20;

  private final Process process;
  private volatile Optional<Load> newest = Optional.empty();

  /**
   * How busy it is.
   *
   * @param usedBytes of its memory, by all processes
   * @param totalBytes of memory that it has
   * @param utilization share of the last moments in which a kernel ran, 0 to 1
   */
  public record Load(long usedBytes, long totalBytes, double utilization) {}

  private GpuWatch(Process process) {
    this.process = process;
    var reader = new Thread(this::read, "gpu-watch");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * @param device its number as CUDA counts those that are visible
   * @return empty where there is no {@code nvidia-smi}
   */
  public static Optional<GpuWatch> on(int device) {
    return by(
        List.of(
            "nvidia-smi",
            "--query-gpu=memory.used,memory.total,utilization.gpu",
            "--format=csv,noheader,nounits",
            "--loop=5",
            "--id=" + Gpus.place(device, System.getenv())));
  }

  /**
   * @param command writes lines of MiB used, MiB in all and percent, with commas between them
   */
  static Optional<GpuWatch> by(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      return Optional.of(new GpuWatch(process));
    } catch (IOException missing) {
      log.info("what the GPU's memory and load are is not known: {}", missing.getMessage());
      return Optional.empty();
    }
  }

  private void read() {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        newest = parse(line);
      }
    } catch (IOException e) {
      log.debug("nvidia-smi is gone", e);
    }
    newest = Optional.empty();
  }

  private static Optional<Load> parse(String line) {
    Matcher parts = LINE.matcher(line.strip());
    return parts.matches()
        ? Optional.of(
            new Load(
                Long.parseLong(parts.group(1)) * MEBIBYTE,
                Long.parseLong(parts.group(2)) * MEBIBYTE,
                Long.parseLong(parts.group(3)) / 100.0))
        : Optional.empty();
  }

  /** Empty before the first line, when the driver does not say, and once the child has ended. */
  public Optional<Load> newest() {
    return newest;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
