package io.espalier.worker.node;

import ai.djl.Device;
import io.espalier.common.UserError;
import io.espalier.worker.model.Libtorch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

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
    return parse(text, CudaDevices.ofThisMachine());
  }

  static List<DeviceName> parse(String text, CudaDevices gpus) {
    if (text.equals("all")) {
      int count = gpus.count();
      return count == 0
          ? List.of(CPU)
          : IntStream.range(0, count).mapToObj(DeviceName::new).toList();
    }
    List<DeviceName> devices = new ArrayList<>();
    for (String part : Arrays.stream(text.split(",", -1)).map(String::strip).distinct().toList()) {
      devices.add(one(part, gpus));
    }
    return List.copyOf(devices);
  }

  /** The first GPU that can be used, else the CPU. */
  public static DeviceName first() {
    return parse("all").get(0);
  }

  /**
   * Reads {@code cpu} or the number of a GPU.
   *
   * @throws UserError when it is neither, or several, or cannot be used
   */
  public static DeviceName single(String text) {
    return single(text, CudaDevices.ofThisMachine());
  }

  static DeviceName single(String text, CudaDevices gpus) {
    if (text.contains(",") || text.equals("all")) {
      throw new UserError(
          "--devices: '%s' may be several; give one here: cpu, or the number of a GPU such as 0"
              .formatted(text));
    }
    return one(text.strip(), gpus);
  }

  private static DeviceName one(String text, CudaDevices gpus) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (!text.matches("\\d{1,4}")) {
      throw new UserError(
          "--devices: '%s' is no device; expected all, cpu, or numbers of GPUs such as 0,1"
              .formatted(text));
    }
    DeviceName device = new DeviceName(Integer.parseInt(text));
    int count = gpus.count();
    if (device.gpu() >= count) {
      throw new UserError(
          count > 0
              ? "--devices: there is no GPU %s; this machine has %d, counted from 0"
                  .formatted(text, count)
              : "--devices: there is no GPU %s that this installation can use (%s); use --devices cpu. %s"
                  .formatted(
                      text,
                      gpus.onlyCpu() ? "its libtorch is for CPUs" : "no NVIDIA device",
                      Libtorch.fitting()));
    }
    return device;
  }

  /** As {@link #parse} reads it: {@code cpu}, {@code 1}. */
  public String text() {
    return equals(CPU) ? "cpu" : Integer.toString(gpu);
  }

  /** As DJL names it. */
  public Device device() {
    return equals(CPU) ? Device.cpu() : Device.gpu(gpu);
  }

  /** As part of a name: {@code cpu}, {@code cuda-1}. */
  @Override
  public String toString() {
    return equals(CPU) ? "cpu" : "cuda-" + gpu;
  }
}
