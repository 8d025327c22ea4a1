package io.espalier.worker.node;

import ai.djl.Device;
import io.espalier.common.UserError;
import io.espalier.worker.model.Libtorch;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A device as people name it: {@code cpu}, or the number of a GPU.
 *
 * @param gpu its number, or -1 for the CPU
 */
public record DeviceName(int gpu) {
  public static final DeviceName CPU = new DeviceName(-1);

  /**
   * Reads {@code all}, {@code cpu} or numbers with commas between them.
   *
   * @throws UserError when it is none of these, or names a GPU that cannot be used
   */
  public static List<DeviceName> parse(String text) {
    if (text.equals("all")) {
      int count = gpus();
      return count == 0
          ? List.of(CPU)
          : IntStream.range(0, count).mapToObj(DeviceName::new).toList();
    }
    List<DeviceName> devices = new ArrayList<>();
    for (String part : Arrays.stream(text.split(",", -1)).map(String::strip).distinct().toList()) {
      devices.add(one(part));
    }
    return List.copyOf(devices);
  }

  private static DeviceName one(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (!text.matches("\\d{1,4}")) {
      throw new UserError(
          "--devices: '%s' is no device; expected all, cpu, or numbers of GPUs such as 0,1"
              .formatted(text));
    }
    DeviceName device = new DeviceName(Integer.parseInt(text));
    int count = gpus();
    if (device.gpu() >= count) {
      throw new UserError(
          count > 0
              ? "--devices: there is no GPU %s; this machine has %d, counted from 0"
                  .formatted(text, count)
              : "--devices: there is no GPU %s that this installation can use (%s); use --devices cpu. %s"
                  .formatted(
                      text,
                      onlyCpu() ? "its libtorch is for CPUs" : "no NVIDIA device",
                      Libtorch.fitting()));
    }
    return device;
  }

  /** GPUs that this libtorch can use. Asked without loading it: the caller may only supervise. */
  private static int gpus() {
    if (onlyCpu()) {
      return 0;
    }
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    if (visible != null) {
      return visible(visible);
    }
    try (Stream<Path> devices = Files.list(Path.of("/dev"))) {
      return (int)
          devices.filter(file -> file.getFileName().toString().matches("nvidia\\d+")).count();
    } catch (IOException e) {
      return 0;
    }
  }

  /** As CUDA reads the list: what follows an entry that is no device is not seen. */
  static int visible(String list) {
    return (int)
        Arrays.stream(list.split(",", -1))
            .map(String::strip)
            .takeWhile(entry -> !entry.isEmpty() && !entry.startsWith("-"))
            .count();
  }

  private static boolean onlyCpu() {
    Properties libtorch = new Properties();
    try (InputStream in =
        DeviceName.class.getClassLoader().getResourceAsStream("native/lib/pytorch.properties")) {
      if (in != null) {
        libtorch.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return libtorch.getProperty("flavor", "cpu").startsWith("cpu");
  }

  /** As {@link #parse} reads it: {@code cpu}, {@code 1}. */
  public String text() {
    return equals(CPU) ? "cpu" : Integer.toString(gpu);
  }

  Device device() {
    return equals(CPU) ? Device.cpu() : Device.gpu(gpu);
  }

  /** As part of a name: {@code cpu}, {@code cuda-1}. */
  @Override
  public String toString() {
    return equals(CPU) ? "cpu" : "cuda-" + gpu;
  }
}
