package io.espalier.deploy.node;

import io.espalier.worker.node.DeviceName;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process for each device, started again when it ends. A process ends when its standard input
 * does: so none outlives this one. Owns the processes; {@link #close} ends them.
 */
public final class DeviceProcesses implements AutoCloseable {
  /** Ends a process that would end the same way again: what is wrong, its user must mend. */
  public static final int NOT_AGAIN = 78;

  private static final Logger log = LoggerFactory.getLogger(DeviceProcesses.class);
  private static final int NOT_UNDERSTOOD = 2;
  private static final int SIGNALLED = 128;

  /** What a process needs to end, beyond the grace of what it trains. */
  private static final Duration CLOSING = Duration.ofSeconds(70);

  private final List<Supervised> all = new ArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch running;
  private final Duration grace;

  private DeviceProcesses(int count, Duration grace) {
    running = new CountDownLatch(count);
    this.grace = grace;
  }

  /**
   * @param command what serves a device
   * @param grace how long what it trains may take to come to an end, when it is told to
   */
  public static DeviceProcesses start(
      List<DeviceName> devices, Function<DeviceName, List<String>> command, Duration grace) {
    DeviceProcesses processes = new DeviceProcesses(devices.size(), grace);
    for (DeviceName device : devices) {
      processes.all.add(processes.new Supervised(device, command.apply(device)));
    }
    processes.all.forEach(one -> one.thread.start());
    return processes;
  }

  /** Whether every process ended with a problem that its user must mend. */
  public boolean areGivenUp() {
    return running.getCount() == 0;
  }

  /** Tells every process to end, and waits; what does not end is killed. */
  @Override
  public void close() {
    closing.countDown();
    all.forEach(Supervised::end);
    long deadline = System.nanoTime() + grace.plus(CLOSING).toNanos();
    for (Supervised one : all) {
      try {
        one.thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      one.kill();
    }
  }

  private final class Supervised {
    private final DeviceName device;
    private final List<String> command;
    private final Thread thread;
    private volatile Optional<Process> process = Optional.empty();

    Supervised(DeviceName device, List<String> command) {
      this.device = device;
      this.command = command;
      this.thread = new Thread(this::supervise, "device-" + device);
    }

    private void supervise() {
      try {
        Backoff backoff = Backoff.FIRST;
        while (closing.getCount() > 0) {
          long began = System.nanoTime();
          int code = live();
          if (closing.getCount() == 0) {
            return;
          }
          if (code == NOT_AGAIN || code == NOT_UNDERSTOOD) {
            log.warn("the process of {} is not started again until that is mended", device);
            return;
          }
          backoff = backoff.afterLife(Duration.ofNanos(System.nanoTime() - began));
          log.warn(
              "the process of {} ended ({}); it starts again in {} s",
              device,
              code > SIGNALLED ? "signal " + (code - SIGNALLED) : "exit code " + code,
              backoff.next().toSeconds());
          closing.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS);
          backoff = backoff.doubled();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        running.countDown();
      }
    }

    /** One life; returns how it ended. */
    private int live() throws InterruptedException {
      try {
        Process started =
            new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        log.info("process {} serves {}", started.pid(), device);
        process = Optional.of(started);
        if (closing.getCount() == 0) {
          end();
        }
        return started.waitFor();
      } catch (IOException e) {
        log.warn("no process for {}: {}", device, e.getMessage());
        return 1;
      }
    }

    private void end() {
      process.ifPresent(
          current -> {
            try {
              current.getOutputStream().close();
            } catch (IOException e) {
              log.debug("{} has ended already", device, e);
            }
          });
    }

    private void kill() {
      process
          .filter(Process::isAlive)
          .ifPresent(
              current -> {
                log.warn("the process of {} does not end; killing it", device);
                current.destroyForcibly();
              });
    }
  }
}
