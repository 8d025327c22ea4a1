package io.espalier.worker.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;

/** libtorch as this process uses it: never downloading, never reporting home. */
public final class Libtorch {
  private static final Engine ENGINE = start();

  private Libtorch() {}

  private static Engine start() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    return Engine.getEngine("PyTorch");
  }

  /** libtorch's version. */
  public static String version() {
    return ENGINE.getVersion();
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
    return ENGINE.newBaseManager(device);
  }
}
