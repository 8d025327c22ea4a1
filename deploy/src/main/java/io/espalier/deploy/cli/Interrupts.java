package io.espalier.deploy.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C, once to end cleanly and twice to end at once. A shutdown hook could not tell the second
 * from the first.
 */
final class Interrupts implements AutoCloseable {
  private final Semaphore first = new Semaphore(0);
  private boolean any;
  private final Map<Signal, SignalHandler> before = new HashMap<>();

  private Interrupts() {}

  /** From here on SIGINT and SIGTERM are counted instead of ending the process. */
  static Interrupts listen() {
    Interrupts interrupts = new Interrupts();
    for (Signal signal : List.of(new Signal("INT"), new Signal("TERM"))) {
      interrupts.before.put(signal, Signal.handle(signal, received -> interrupts.received()));
    }
    return interrupts;
  }

  private synchronized void received() {
    if (any) {
      Runtime.getRuntime().halt(CommandLineInterface.INTERRUPTED);
    }
    any = true;
    first.release();
  }

  /** Waits so long for the first signal; true once, when it has come. */
  boolean next(long millis) {
    try {
      return first.tryAcquire(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Signals mean again what they meant before. */
  @Override
  public void close() {
    before.forEach(Signal::handle);
  }
}
