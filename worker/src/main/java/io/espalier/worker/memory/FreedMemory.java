package io.espalier.worker.memory;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Gives memory back that the C library keeps of what was freed, once more is resident than training
 * was seen to need. Buffers of rows of unlike length, and of lanes beside each other, leave holes
 * that nothing fits, and the longer a sweep the more.
 */
public final class FreedMemory {
  private static final Duration LOOKS = Duration.ofSeconds(2);

  /** Less than this beyond what was needed is not worth fetching it again. */
  private static final double MORE = 1.05;

  private final HostMemory memory;

  /** Resident a look after memory was last given back: what comes first is needed. */
  private long needed;

  private boolean justGiven;

  FreedMemory(HostMemory memory) {
    this.memory = memory;
  }

  /** Looks every few seconds on a thread of its own. */
  public static ScheduledExecutorService watch(HostMemory memory) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread looks = new Thread(task, "espalier-memory");
              looks.setDaemon(true);
              return looks;
            });
    thread.scheduleWithFixedDelay(
        new FreedMemory(memory)::look, LOOKS.toMillis(), LOOKS.toMillis(), TimeUnit.MILLISECONDS);
    return thread;
  }

  void look() {
    long resident = memory.resident();
    if (justGiven) {
      needed = resident;
      justGiven = false;
    } else if (resident > MORE * needed) {
      memory.trim();
      justGiven = true;
    }
  }
}
