package io.espalier.deploy.e2e;

import java.util.concurrent.Executor;

/**
 * A thread for each task that waits. The common pool has one thread on two cores, and from JDK 25
 * on it runs what is given to no other.
 */
final class Threads {
  static final Executor OWN =
      task -> {
        Thread thread = new Thread(task, "waiting");
        thread.setDaemon(true);
        thread.start();
      };

  private Threads() {}
}
