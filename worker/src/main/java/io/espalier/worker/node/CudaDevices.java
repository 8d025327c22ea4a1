package io.espalier.worker.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The GPUs that libtorch will find. Asked without loading it: the caller may only supervise.
 *
 * @param environment of the processes that load libtorch
 * @param dev where the driver lists its devices, {@code /dev}
 */
record CudaDevices(Map<String, String> environment, Path dev) {
  static CudaDevices ofThisMachine() {
    return new CudaDevices(System.getenv(), Path.of("/dev"));
  }

  int count() {
    if (onlyCpu()) {
      return 0;
    }
    String visible = environment.get("CUDA_VISIBLE_DEVICES");
    if (visible != null) {
      // CUDA sees what is listed before the first entry that is no device, such as -1.
      return (int)
          Arrays.stream(visible.split(","))
              .map(String::strip)
              .takeWhile(entry -> entry.matches("\\d+|GPU-.+|MIG-.+"))
              .count();
    }
    try (Stream<Path> devices = Files.list(dev)) {
      return (int)
          devices.filter(file -> file.getFileName().toString().matches("nvidia\\d+")).count();
    } catch (IOException e) {
      return 0;
    }
  }

  /** The environment chooses the library; the one that Espalier brings is for what it says. */
  boolean onlyCpu() {
    String flavor = environment.getOrDefault("PYTORCH_FLAVOR", "");
    if (!flavor.isBlank()) {
      return flavor.startsWith("cpu");
    }
    String library = environment.getOrDefault("PYTORCH_LIBRARY_PATH", "");
    if (!library.isBlank()) {
      return !Files.exists(Path.of(library).resolve(System.mapLibraryName("torch_cuda")));
    }
    return bundledFlavor().startsWith("cpu");
  }

  private static String bundledFlavor() {
    Properties libtorch = new Properties();
    try (InputStream in =
        CudaDevices.class.getClassLoader().getResourceAsStream("native/lib/pytorch.properties")) {
      if (in != null) {
        libtorch.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return libtorch.getProperty("flavor", "cpu");
  }
}
