package io.espalier.deploy.client;

import io.espalier.common.UserError;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.report.ViewJson;
import io.espalier.coordinator.report.WorkerView;
import io.espalier.coordinator.sweep.MoreTrials;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A coordinator reached over HTTP. Every method waits for the answer; each throws a {@link
 * UserError} when there is none, or when it is an error, with the coordinator's own words.
 */
public final class CoordinatorClient {
  private static final List<String> SCHEMES = List.of("http", "https");
  private static final Duration UPLOAD = Duration.ofMinutes(10);

  private final HttpCalls calls;

  private CoordinatorClient(List<URI> bases, Credentials credentials) {
    this.calls = new HttpCalls(bases, credentials);
  }

  /** With the credentials of the environment. */
  public static CoordinatorClient at(String urls) {
    return at(urls, Credentials.of(System.getenv()));
  }

  /**
   * @param urls {@code http://host:8350}; several, with commas between them, where several
   *     coordinators share a journal
   * @throws UserError when it is no such address
   */
  static CoordinatorClient at(String urls, Credentials credentials) {
    return new CoordinatorClient(
        Stream.of(urls.split(",", -1)).map(CoordinatorClient::address).toList(), credentials);
  }

  private static URI address(String url) {
    Optional<URI> uri =
        parsed(url)
            .filter(parsed -> SCHEMES.contains(String.valueOf(parsed.getScheme())))
            .filter(parsed -> parsed.getHost() != null);
    return uri.orElseThrow(
        () ->
            new UserError(
                "'%s' is no address of a coordinator; expected http://HOST:PORT, such as http://127.0.0.1:8350."
                    .formatted(url)));
  }

  private static Optional<URI> parsed(String url) {
    try {
      return Optional.of(new URI(url.strip().replaceAll("/+$", "")));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** Where it is, as a user names it. */
  public String url() {
    return calls.name();
  }

  /** A sweep to begin. */
  public record Submission(
      String spec, String source, String directory, Map<String, String> files) {}

  /** A file of a trial's adapter and its size. */
  public record AdapterFile(String name, long bytes) {}

  /** The mean of so many judgements of people. */
  public record Rating(String metric, double value, int count) {}

  private record Begun(SweepId sweep) {}

  @FunctionalInterface
  private interface Call<T> {
    T make() throws IOException;
  }

  /**
   * Begins a sweep.
   *
   * @param key sent again when the connection broke before the answer: the sweep begins once
   */
  public SweepId submit(Submission submission, String key) {
    return answered(
        () -> {
          try {
            return begin(submission, key);
          } catch (ConnectException | HttpTimeoutException e) {
            throw e;
          } catch (IOException broken) {
            return begin(submission, key);
          }
        });
  }

  private SweepId begin(Submission submission, String key) throws IOException {
    String path = "/api/v1/sweeps";
    HttpRequest.Builder request =
        calls
            .request(path, HttpCalls.ANSWER)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key);
    String answer = calls.post(path, BodyPublishers.ofString(ViewJson.line(submission)), request);
    return understood(path, () -> ViewJson.read(answer, Begun.class, path).sweep());
  }

  /** Whether the coordinator has content with this SHA-256. */
  public boolean hasFile(String sha256) {
    return answered(() -> calls.head("/api/v1/files/" + sha256));
  }

  /** Sends a file's content. */
  public void upload(String sha256, Path file) {
    answered(
        () -> {
          HttpRequest.Builder request =
              calls
                  .request("/api/v1/files/" + sha256, UPLOAD)
                  .header("Content-Type", "application/octet-stream")
                  .PUT(BodyPublishers.ofFile(file));
          return HttpCalls.text(calls.body(request));
        });
  }

  /** Oldest first. */
  public List<SweepSummary> sweeps() {
    String path = "/api/v1/sweeps";
    String json = answered(() -> calls.getText(path));
    return understood(path, () -> ViewJson.readList(json, SweepSummary.class, path));
  }

  public SweepView sweep(String sweep) {
    return view(path(sweep), SweepView.class);
  }

  public TrialView trial(String sweep, int trial) {
    return view(path(sweep, trial), TrialView.class);
  }

  /** Ends all its trials at their next update; returns before they have. */
  public SweepView stop(String sweep) {
    return post(path(sweep) + "/stop", "", SweepView.class);
  }

  /** What trains leaves a checkpoint after its present update and waits; returns before it has. */
  public SweepView pause(String sweep) {
    return post(path(sweep) + "/pause", "", SweepView.class);
  }

  public SweepView resume(String sweep) {
    return post(path(sweep) + "/resume", "", SweepView.class);
  }

  /** Has trained again what failed or was stopped: one trial, or all. */
  public SweepView retry(String sweep, Optional<Integer> trial) {
    String path = trial.map(number -> path(sweep, number)).orElse(path(sweep));
    return post(path + "/retry", "", SweepView.class);
  }

  private record Removal(long bytes) {}

  /** Deletes a sweep that has ended, with its files; the bytes that became free. */
  public long remove(String sweep) {
    return delete(path(sweep));
  }

  /** Deletes the exact checkpoints of a sweep that has ended; the bytes that they had. */
  public long removeCheckpoints(String sweep) {
    return delete(path(sweep) + "/checkpoints");
  }

  /** Deletes uploaded files that no sweep needs; the bytes that became free. */
  public long removeFiles() {
    return delete("/api/v1/files");
  }

  private long delete(String path) {
    String json =
        answered(() -> HttpCalls.text(calls.body(calls.request(path, HttpCalls.ANSWER).DELETE())));
    return understood(path, () -> ViewJson.read(json, Removal.class, path).bytes());
  }

  private record Extension(Map<String, List<String>> values, boolean fromCheckpoint) {}

  private record Budget(Optional<Integer> maxTrials, Optional<Double> maxDeviceHours) {}

  /**
   * Adds trials to a sweep, also to one that has ended: what was tried, with these values.
   *
   * @param trial the only one of which there shall be others; absent for all
   */
  public SweepView extend(String sweep, MoreTrials more) {
    String path =
        more.trial()
            .map(trial -> path(sweep, trial.number()) + "/clone")
            .orElse(path(sweep) + "/extend");
    var body = new Extension(more.values(), more.fromCheckpoint());
    return post(path, ViewJson.line(body), SweepView.class);
  }

  /** Changes what a sweep may use; what is absent stays. */
  public SweepView changeBudget(
      String sweep, Optional<Integer> maxTrials, Optional<Double> maxDeviceHours) {
    var body = new Budget(maxTrials, maxDeviceHours);
    return post(path(sweep) + "/budget", ViewJson.line(body), SweepView.class);
  }

  /** Ends one trial at its next update; returns before it has. */
  public TrialView stop(String sweep, int trial) {
    return post(path(sweep, trial) + "/stop", "", TrialView.class);
  }

  /** Records what people found of a trial; replaces what was recorded of this metric. */
  public TrialView rate(String sweep, int trial, Rating rating) {
    return post(path(sweep, trial) + "/ratings", ViewJson.line(rating), TrialView.class);
  }

  /** Every measurement of a sweep; {@code out} stays open. */
  public void metrics(String sweep, MetricExport.Format format, OutputStream out)
      throws IOException {
    String name = format.word();
    copy(path(sweep) + "/metrics?format=" + name, out);
  }

  /**
   * What workers noted of a trial; {@code out} stays open.
   *
   * @param json whether as an array of attempts with their texts, else one after the other
   */
  public void log(String sweep, int trial, boolean json, OutputStream out) throws IOException {
    copy(path(sweep, trial) + (json ? "/log?format=json" : "/log"), out);
  }

  public List<AdapterFile> adapter(String sweep, int trial) {
    String path = path(sweep, trial) + "/adapter";
    String json = answered(() -> calls.getText(path));
    return understood(path, () -> ViewJson.readList(json, AdapterFile.class, path));
  }

  /** A file of a trial's adapter; {@code out} stays open. */
  public void adapterFile(String sweep, int trial, String name, OutputStream out)
      throws IOException {
    copy(path(sweep, trial) + "/adapter/" + segment(name), out);
  }

  public List<WorkerView> workers() {
    String path = "/api/v1/workers";
    String json = answered(() -> calls.getText(path));
    return understood(path, () -> ViewJson.readList(json, WorkerView.class, path));
  }

  /** What time it is there, in whole seconds; absent where it does not say. */
  public Optional<Instant> time() {
    return answered(() -> calls.clock("/api/v1/workers"));
  }

  /** Lets a worker out of its quarantine. */
  public WorkerView release(String worker) {
    return post("/api/v1/workers/%s/release".formatted(segment(worker)), "", WorkerView.class);
  }

  /** Follows a sweep from now on, across restarts of the coordinator. */
  public SweepEvents events(String sweep) {
    return SweepEvents.open(calls, path(sweep) + "/events");
  }

  private <T> T view(String path, Class<T> type) {
    String json = answered(() -> calls.getText(path));
    return understood(path, () -> ViewJson.read(json, type, path));
  }

  private <T> T post(String path, String body, Class<T> type) {
    HttpRequest.Builder request =
        calls.request(path, HttpCalls.ANSWER).header("Content-Type", "application/json");
    String json = answered(() -> calls.post(path, BodyPublishers.ofString(body), request));
    return understood(path, () -> ViewJson.read(json, type, path));
  }

  /** Problems of the connection are told as such, those of {@code out} are the caller's. */
  private void copy(String path, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = answered(() -> calls.get(path))) {
      int read = answered(() -> in.read(buffer));
      while (read >= 0) {
        out.write(buffer, 0, read);
        read = answered(() -> in.read(buffer));
      }
    }
  }

  private <T> T answered(Call<T> call) {
    try {
      return call.make();
    } catch (FileNotFoundException e) {
      throw new UserError("The file cannot be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw calls.noAnswer(e);
    }
  }

  private <T> T understood(String path, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (UserError e) {
      throw new UserError(
          "%s%s was answered, but not as a coordinator of this version does; see whether the address is right."
              .formatted(calls.name(), path),
          e);
    }
  }

  private static String path(String sweep) {
    return "/api/v1/sweeps/" + segment(sweep);
  }

  private static String path(String sweep, int trial) {
    return path(sweep) + "/trials/" + trial;
  }

  private static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
