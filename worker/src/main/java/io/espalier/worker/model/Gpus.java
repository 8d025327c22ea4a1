package io.espalier.worker.model;

import io.espalier.common.trial.Provenance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The GPUs of this machine as NVIDIA's driver names them; each is asked for once. */
public final class Gpus {
  private static final Map<Integer, Optional<Provenance.Gpu>> KNOWN = new ConcurrentHashMap<>();
  private static final Pattern FLAVOR = Pattern.compile("cu(\\d+)(\\d)");
  private static final long SECONDS = 20;

  private Gpus() {}

  /**
   * What is behind a device.
   *
   * @param device its number as CUDA counts those that are visible
   * @return empty where {@code nvidia-smi} is missing or does not know
   */
  public static Optional<Provenance.Gpu> of(int device) {
    return KNOWN.computeIfAbsent(device, number -> ask(place(number, System.getenv())));
  }

  /** As the driver counts: what CUDA calls 0 is the first of those that are visible. */
  public static String place(int device, Map<String, String> environment) {
    String[] visible = environment.getOrDefault("CUDA_VISIBLE_DEVICES", "").split(",");
    String entry = device < visible.length ? visible[device].strip() : "";
    return entry.isEmpty() ? Integer.toString(device) : entry;
  }

  private static Optional<Provenance.Gpu> ask(String place) {
    List<String> command =
        List.of(
            "nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader", "-i", place);
    try {
      Process tool =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        tool.getOutputStream().close();
        if (!tool.waitFor(SECONDS, TimeUnit.SECONDS) || tool.exitValue() != 0) {
          return Optional.empty();
        }
        byte[] answer = tool.getInputStream().readAllBytes();
        return parse(new String(answer, StandardCharsets.UTF_8), System.getenv());
      } finally {
        tool.destroyForcibly();
      }
    } catch (IOException missing) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  static Optional<Provenance.Gpu> parse(String answer, Map<String, String> environment) {
    String line = answer.strip();
    int comma = line.lastIndexOf(',');
    if (comma < 0 || line.contains("\n")) {
      return Optional.empty();
    }
    Matcher flavor = FLAVOR.matcher(environment.getOrDefault("PYTORCH_FLAVOR", ""));
    return Optional.of(
        new Provenance.Gpu(
            line.substring(0, comma).strip(),
            line.substring(comma + 1).strip(),
            flavor.matches()
                ? Optional.of(flavor.group(1) + "." + flavor.group(2))
                : Optional.empty()));
  }
}
