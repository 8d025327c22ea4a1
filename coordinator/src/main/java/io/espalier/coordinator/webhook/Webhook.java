package io.espalier.coordinator.webhook;

import io.espalier.common.UserError;
import io.espalier.common.protocol.WorkerId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.ViewJson;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts JSON to an address when a trial is killed or fails, when a worker is lost and when a sweep
 * ends, in that order. Best effort: an address that does not answer is asked again a few times and
 * then told no more of it; no sweep waits for one. The path may be a secret, so that only the host
 * is ever logged.
 */
public final class Webhook implements Surroundings.Observer, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration FAREWELL = Duration.ofSeconds(5);

  /** Pauses before it is asked again. */
  private static final List<Duration> PAUSES =
      List.of(Duration.ofSeconds(1), Duration.ofSeconds(5));

  private static final int WAITING = 1_000;
  private static final int TOO_MANY_REQUESTS = 429;

  private final URI address;
  private final Function<Sweep, SweepView> views;
  private final List<Duration> pauses;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(PATIENCE)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final ThreadPoolExecutor sender =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          work -> {
            Thread thread = new Thread(work, "webhook");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param views sweeps as people see them
   */
  public Webhook(URI address, Function<Sweep, SweepView> views) {
    this(address, views, PAUSES);
  }

  Webhook(URI address, Function<Sweep, SweepView> views, List<Duration> pauses) {
    this.address = address;
    this.views = views;
    this.pauses = List.copyOf(pauses);
  }

  /**
   * @throws UserError when it is no address that can be posted to
   */
  public static URI address(String text) {
    Optional<URI> found = Optional.empty();
    try {
      found =
          Optional.of(URI.create(text))
              .filter(uri -> uri.getHost() != null)
              .filter(uri -> "http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    } catch (IllegalArgumentException e) {
      // Refused below, without its text: it may hold a secret.
    }
    return found.orElseThrow(
        () ->
            new UserError(
                "--webhook is no address; expected one such as https://hooks.example.org/espalier"));
  }

  @Override
  public void recovered(Sweep sweep) {
    // It told of what had happened when that happened.
  }

  @Override
  public void happened(Sweep sweep, SweepEvent event) {
    if (event instanceof SweepEvent.TrialEnded ended) {
      BranchProgress progress = sweep.branches().get(ended.branch());
      progress.branch().milestones().stream()
          .filter(milestone -> milestone.trial().equals(ended.result().trial()))
          .findFirst()
          .flatMap(
              milestone ->
                  Message.of(
                      sweep.id(),
                      progress.branch().config(milestone),
                      ended.result(),
                      ended.time()))
          .ifPresent(message -> send(() -> message));
    } else if (event instanceof SweepEvent.SweepEnded ended) {
      send(() -> Message.of(views.apply(sweep), ended.time()));
    }
  }

  @Override
  public void lost(WorkerId worker, String reason, Instant time) {
    send(() -> Message.of(worker, reason, time));
  }

  private void send(Supplier<Message> message) {
    try {
      sender.execute(() -> deliver(message.get()));
    } catch (RejectedExecutionException e) {
      LOG.warn("the webhook at {} is too slow: it is not told of an end", address.getHost());
    }
  }

  private void deliver(Message message) {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(ViewJson.line(message)))
            .build();
    try {
      Optional<String> problem = attempt(request);
      for (Duration pause : pauses) {
        if (problem.isPresent()) {
          Thread.sleep(pause.toMillis());
          problem = attempt(request);
        }
      }
      problem.ifPresent(
          why ->
              LOG.warn(
                  "the webhook at {} was not told: {} ({})",
                  address.getHost(),
                  message.text(),
                  why));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why it should be tried again; empty when there is no reason to. */
  private Optional<String> attempt(HttpRequest request) throws InterruptedException {
    try {
      int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status >= 500 || status == TOO_MANY_REQUESTS) {
        return Optional.of("it answered " + status);
      }
      if (status >= 300) {
        LOG.warn(
            "the webhook at {} answered {}; what it was sent is lost", address.getHost(), status);
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e.getClass().getSimpleName());
    }
  }

  /** What is on its way has a few seconds. */
  @Override
  public void close() {
    sender.shutdown();
    try {
      if (!sender.awaitTermination(FAREWELL.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the webhook at {} was not told all in time", address.getHost());
        sender.shutdownNow();
      }
    } catch (InterruptedException e) {
      sender.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
