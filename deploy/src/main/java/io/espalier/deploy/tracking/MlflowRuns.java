package io.espalier.deploy.tracking;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.Configuration;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trials as runs of an MLflow tracking server, by its REST API 2.0. A sweep is an experiment of its
 * name; a trial that has ended a run, which is tagged with it, so that none is handed on twice.
 */
public final class MlflowRuns {
  private static final String TRIAL = "espalier.trial";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What the server takes at a time. */
  private static final int MOST_METRICS = 1000;

  private static final int MOST_PARAMS = 100;
  private static final int LONGEST_PARAM = 500;

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final URI server;
  private final Optional<String> authorization;

  /**
   * @param server {@code http://host:5000}
   * @param environment has {@code MLFLOW_TRACKING_TOKEN}, or {@code MLFLOW_TRACKING_USERNAME} and
   *     {@code MLFLOW_TRACKING_PASSWORD}, where the server wants them
   */
  public MlflowRuns(URI server, Map<String, String> environment) {
    this.server = server;
    this.authorization = authorization(environment);
  }

  private static Optional<String> authorization(Map<String, String> environment) {
    String token = environment.getOrDefault("MLFLOW_TRACKING_TOKEN", "");
    if (!token.isEmpty()) {
      return Optional.of("Bearer " + token);
    }
    String user = environment.getOrDefault("MLFLOW_TRACKING_USERNAME", "");
    String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    return user.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Basic "
                + Base64.getEncoder()
                    .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Hands on the trials that have ended and are not there yet.
   *
   * @return how many those were
   * @throws UserError when the server cannot be reached or refuses something
   */
  public int write(SweepView view, TrialCurves curves) {
    String experiment = experiment(view.id().value());
    int written = 0;
    for (TrialView trial : view.trials()) {
      String name = "%s/%s".formatted(view.id(), trial.config().id());
      if (trial.result().isPresent() && !isThere(experiment, name)) {
        List<MetricRow> rows = curves.rows().getOrDefault(trial.config().id(), List.of());
        write(experiment, name, view, trial, trial.result().get(), rows);
        written++;
      }
    }
    return written;
  }

  private String experiment(String name) {
    Optional<JsonNode> there =
        call("GET", "experiments/get-by-name?experiment_name=" + encoded(name), Optional.empty());
    return there
        .map(found -> found.at("/experiment/experiment_id").asText())
        .orElseGet(
            () -> post("experiments/create", Map.of("name", name)).get("experiment_id").asText());
  }

  private boolean isThere(String experiment, String trial) {
    JsonNode found =
        post(
            "runs/search",
            Map.of(
                "experiment_ids",
                List.of(experiment),
                "filter",
                "tags.`%s` = '%s' and attributes.status != 'RUNNING'".formatted(TRIAL, trial),
                "max_results",
                1));
    return found.path("runs").size() > 0;
  }

  private void write(
      String experiment,
      String name,
      SweepView view,
      TrialView trial,
      TrialResult result,
      List<MetricRow> rows) {
    long began =
        rows.isEmpty() ? view.submitted().toEpochMilli() : rows.get(0).time().toEpochMilli();
    long ended = rows.isEmpty() ? began : rows.get(rows.size() - 1).time().toEpochMilli();
    String run =
        post(
                "runs/create",
                Map.of(
                    "experiment_id",
                    experiment,
                    "run_name",
                    "trial " + trial.config().id(),
                    "start_time",
                    began,
                    "tags",
                    List.of(
                        entry(TRIAL, name),
                        entry("espalier.outcome", result.outcome().word()),
                        entry("espalier.reason", result.outcome().reason()))))
            .at("/run/info/run_id")
            .asText();
    params(run, Configuration.of(trial.config()));
    var metrics = new ArrayList<Map<String, Object>>();
    rows.forEach(
        row -> measured(row).forEach((key, value) -> metrics.add(metric(row, key, value))));
    for (int from = 0; from < metrics.size(); from += MOST_METRICS) {
      post(
          "runs/log-batch",
          Map.of(
              "run_id",
              run,
              "metrics",
              metrics.subList(from, Math.min(metrics.size(), from + MOST_METRICS))));
    }
    String status =
        result.outcome().finished()
            ? "FINISHED"
            : result.outcome().word().equals("failed") ? "FAILED" : "KILLED";
    post("runs/update", Map.of("run_id", run, "status", status, "end_time", ended));
  }

  private void params(String run, Map<String, String> configuration) {
    List<Map<String, Object>> params =
        configuration.entrySet().stream()
            .map(
                entry ->
                    entry(
                        entry.getKey(),
                        entry
                            .getValue()
                            .substring(0, Math.min(LONGEST_PARAM, entry.getValue().length()))))
            .toList();
    for (int from = 0; from < params.size(); from += MOST_PARAMS) {
      post(
          "runs/log-batch",
          Map.of(
              "run_id",
              run,
              "params",
              params.subList(from, Math.min(params.size(), from + MOST_PARAMS))));
    }
  }

  private static Map<String, Double> measured(MetricRow row) {
    if (row.measurement() instanceof Measurement.Update update) {
      var values = new LinkedHashMap<String, Double>();
      values.put("train_loss", update.trainLoss());
      values.put("learning_rate", update.learningRate());
      values.put("grad_norm", update.gradNorm());
      values.put("tokens_per_second", update.tokensPerSecond());
      return values;
    } else if (row.measurement() instanceof Measurement.Evaluation evaluation) {
      return Map.of(evaluation.name(), evaluation.value());
    }
    return Map.of();
  }

  /** What is not finite is the text that the server reads as that. */
  private static Map<String, Object> metric(MetricRow row, String key, double value) {
    return Map.of(
        "key",
        key,
        "value",
        Double.isFinite(value) ? (Object) value : Double.toString(value),
        "timestamp",
        row.time().toEpochMilli(),
        "step",
        row.update());
  }

  private static Map<String, Object> entry(String key, String value) {
    return Map.of("key", key, "value", value);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private JsonNode post(String path, Map<String, ?> body) {
    return call("POST", path, Optional.of(body))
        .orElseThrow(() -> refused(path, "it knows no such address"));
  }

  /** Empty where there is nothing. */
  private Optional<JsonNode> call(String method, String path, Optional<Map<String, ?>> body) {
    URI address = URI.create(server.toString().replaceFirst("/$", "") + "/api/2.0/mlflow/" + path);
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(address)
              .timeout(PATIENCE)
              .header("Content-Type", "application/json")
              .method(
                  method,
                  body.isPresent()
                      ? HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body.get()))
                      : HttpRequest.BodyPublishers.noBody());
      authorization.ifPresent(value -> request.header("Authorization", value));
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 404) {
        return Optional.empty();
      }
      if (answer.statusCode() != 200) {
        throw refused(path, "%d %s".formatted(answer.statusCode(), answer.body().strip()));
      }
      return Optional.of(json.readTree(answer.body()));
    } catch (JsonProcessingException e) {
      throw refused(path, "the answer is no JSON; is it an MLflow server?");
    } catch (IOException e) {
      throw new UserError(
          "The MLflow server %s cannot be reached: %s. Check --mlflow or MLFLOW_TRACKING_URI."
              .formatted(server, Optional.ofNullable(e.getMessage()).orElseGet(e::toString)),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted; what was handed on stays there.", e);
    }
  }

  private UserError refused(String path, String why) {
    return new UserError("The MLflow server %s refused %s: %s".formatted(server, path, why));
  }
}
