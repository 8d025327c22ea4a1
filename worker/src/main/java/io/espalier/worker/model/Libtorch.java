package io.espalier.worker.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.espalier.common.UserError;
import java.util.Map;
import java.util.Optional;

/** libtorch as this process uses it: never downloading, never reporting home. */
public final class Libtorch {
  /** The version that the JNI library fits. */
  private static final String FITTING = "2.7.1";

  private static final Object LOADING = new Object();
  private static Optional<Engine> loaded = Optional.empty();

  private Libtorch() {}

  private static Engine engine() {
    synchronized (LOADING) {
      if (loaded.isEmpty()) {
        loaded = Optional.of(load());
      }
      return loaded.get();
    }
  }

  private static Engine load() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try {
      return Engine.getEngine("PyTorch");
    } catch (RuntimeException | LinkageError e) {
      throw new UserError("libtorch cannot be loaded: %s; %s".formatted(deepest(e), fitting()), e);
    }
  }

  private static String deepest(Throwable problem) {
    Throwable deepest = problem;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest.getMessage()).lines().findFirst().orElse("");
  }

  /** What to do to have the library that fits. */
  public static String fitting() {
    return "Espalier brings libtorch %1$s for CPUs and fits no other version: unset PYTORCH_VERSION, PYTORCH_FLAVOR and PYTORCH_LIBRARY_PATH to use it. For NVIDIA GPUs install libtorch %1$s for CUDA 12.8 (it is in the lib directory of Python's torch %1$s+cu128) and set PYTORCH_LIBRARY_PATH to that directory, PYTORCH_VERSION=%1$s and PYTORCH_FLAVOR=cu128"
        .formatted(FITTING);
  }

  /**
   * libtorch's version.
   *
   * @throws UserError saying which library would fit when none can be loaded
   */
  public static String version() {
    return engine().getVersion();
  }

  /**
   * Which one it is, for people: its version, and whether it is Espalier's own.
   *
   * @throws UserError as {@link #version}
   */
  public static String described() {
    return version() + origin(System.getenv());
  }

  static String origin(Map<String, String> environment) {
    String library = environment.getOrDefault("PYTORCH_LIBRARY_PATH", "");
    return library.isBlank()
        ? " for CPUs, which Espalier brings"
        : " %s in %s".formatted(environment.getOrDefault("PYTORCH_FLAVOR", "cpu"), library);
  }

  /**
   * Must be called once on each thread that runs the engine, before its first call: thread count
   * and the graph optimizer's switch are kept per thread. One intra-op thread, because lanes are
   * the unit of parallelism on a CPU; no graph optimizer, because it would compile anew for each
   * shape.
   */
  public static void prepareThread() {
    prepareThread(1);
  }

  /**
   * The same for a thread that is alone.
   *
   * @param cores how many it may use, ≥ 1
   */
  public static void prepareThread(int cores) {
    version();
    JniUtils.setNumThreads(cores);
    JniUtils.setGraphExecutorOptimize(false);
  }

  /** A scope whose closing frees all that was made in it and nowhere else. */
  static NDManager newScope(Device device) {
    return engine().newBaseManager(device);
  }
}
