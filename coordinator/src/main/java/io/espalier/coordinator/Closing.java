package io.espalier.coordinator;

import java.util.ArrayDeque;
import java.util.Deque;

/** Closes what was opened, the last first, whatever goes wrong on the way. */
final class Closing implements AutoCloseable {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  <T extends AutoCloseable> T with(T resource) {
    opened.push(resource);
    return resource;
  }

  @Override
  public void close() {
    RuntimeException problem = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        if (problem == null) {
          problem = new IllegalStateException("could not be closed cleanly", e);
        } else {
          problem.addSuppressed(e);
        }
      }
    }
    if (problem != null) {
      throw problem;
    }
  }
}
