package io.espalier.deploy.client;

import io.espalier.common.UserError;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.ViewJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A sweep as its coordinator tells of it. When the connection breaks, or nothing is heard for a
 * while, it connects again until closed: a coordinator that was restarted is heard again. Owns two
 * threads; {@link #close} ends them.
 */
public final class SweepEvents implements AutoCloseable {
  /** A coordinator says something every ten seconds. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final HttpCalls calls;
  private final String path;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ScheduledExecutorService watchdog;

  private volatile Optional<SweepView> view = Optional.empty();
  private volatile List<LiveUpdate> live = List.of();
  private volatile boolean connected;
  private volatile Optional<UserError> refusal = Optional.empty();
  private volatile Optional<InputStream> stream = Optional.empty();
  private volatile long heard = System.nanoTime();

  private SweepEvents(HttpCalls calls, String path) {
    this.calls = calls;
    this.path = path;
    var executor = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "watchdog"));
    executor.scheduleWithFixedDelay(this::hangUpOnSilence, 1, 1, TimeUnit.SECONDS);
    this.watchdog = executor;
  }

  static SweepEvents open(HttpCalls calls, String path) {
    var events = new SweepEvents(calls, path);
    daemon(events::listen, "listener").start();
    return events;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, "espalier-sweep-events-" + name);
    thread.setDaemon(true);
    return thread;
  }

  /** The newest view; empty until the first has come. */
  public Optional<SweepView> view() {
    return view;
  }

  /** The newest updates of the branches in training. */
  public List<LiveUpdate> live() {
    return live;
  }

  /** Whether the coordinator is heard at present. */
  public boolean connected() {
    return connected;
  }

  /** Why the coordinator will not tell more: there is no such sweep. */
  public Optional<UserError> refusal() {
    return refusal;
  }

  @Override
  public void close() {
    closed.countDown();
    watchdog.shutdownNow();
    hangUp();
  }

  private void listen() {
    while (closed.getCount() > 0 && !ended()) {
      try {
        listenOnce();
      } catch (UserError e) {
        refusal = Optional.of(e);
        return;
      } catch (IOException gone) {
        // Said by connected(): the next round tries again.
      } finally {
        connected = false;
      }
      if (!ended() && pausedUntilClosed()) {
        return;
      }
    }
  }

  private boolean ended() {
    return view.filter(known -> known.state().ended()).isPresent();
  }

  private void listenOnce() throws IOException {
    heard = System.nanoTime();
    try (InputStream in =
        calls.body(calls.request(path, HttpCalls.ANSWER).header("Accept", "text/event-stream"))) {
      stream = Optional.of(in);
      connected = true;
      var reader =
          new EventReader(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
      Optional<EventReader.Event> event = reader.next(this::hear);
      while (event.isPresent() && closed.getCount() > 0) {
        take(event.get());
        event = reader.next(this::hear);
      }
    } finally {
      stream = Optional.empty();
    }
  }

  private void hear() {
    heard = System.nanoTime();
  }

  private void take(EventReader.Event event) {
    switch (event.name()) {
      case "sweep", "end" -> view = Optional.of(ViewJson.read(event.text(), SweepView.class, path));
      case "live" -> live = ViewJson.readList(event.text(), LiveUpdate.class, path);
      default -> {
        // What newer coordinators tell beside.
      }
    }
  }

  private boolean pausedUntilClosed() {
    try {
      return closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void hangUpOnSilence() {
    if (System.nanoTime() - heard > SILENCE.toNanos()) {
      hangUp();
    }
  }

  private void hangUp() {
    // Read once: the listener may empty it meanwhile.
    Optional<InputStream> open = stream;
    try {
      if (open.isPresent()) {
        open.get().close();
      }
    } catch (IOException alreadyBroken) {
      // The listener finds out by itself.
    }
  }
}
