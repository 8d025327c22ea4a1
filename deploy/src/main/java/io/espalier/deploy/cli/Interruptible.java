package io.espalier.deploy.cli;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Long work of a command that Ctrl-C ends cleanly. */
final class Interruptible {
  private static final long LOOK_MILLIS = 100;

  private Interruptible() {}

  /** Ends soon after its thread is interrupted, with an exception. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /**
   * Does the work on a thread of its own, which the first Ctrl-C interrupts.
   *
   * @return whether it was done to its end
   */
  static boolean run(Interrupts interrupts, Work work) throws IOException {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              work.run();
              return true;
            });
    Thread thread = new Thread(task, "work");
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      if (interrupts.next(LOOK_MILLIS)) {
        interrupted = true;
        thread.interrupt();
      }
    }
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      if (interrupted) {
        return false;
      }
      if (e.getCause() instanceof IOException problem) {
        throw problem;
      }
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
