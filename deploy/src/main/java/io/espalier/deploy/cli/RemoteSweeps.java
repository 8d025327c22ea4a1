package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.metrics.ExportedRows;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.metrics.MetricExport.TrialRow;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.ReportPlaces;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import io.espalier.deploy.client.CoordinatorClient;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The sweeps of a coordinator. */
record RemoteSweeps(CoordinatorClient client) implements Sweeps {

  @Override
  public List<SweepSummary> list(Consumer<String> warn) {
    return client.sweeps();
  }

  @Override
  public SweepView find(String sweep) {
    return client.sweep(sweep);
  }

  @Override
  public TrialCurves curves(SweepView view) {
    try {
      Path file = Files.createTempFile("espalier-", ".arrow");
      try {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
          metrics(view, MetricExport.Format.ARROW, out);
        }
        return byTrial(ExportedRows.read(file));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UserError(
          "The metrics of %s cannot be kept in a temporary file: %s."
              .formatted(view.id(), FileProblem.text(e)),
          e);
    }
  }

  private static TrialCurves byTrial(List<TrialRow> rows) {
    Map<TrialId, List<MetricRow>> byTrial =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    TrialRow::trial, Collectors.mapping(TrialRow::row, Collectors.toList())));
    return new TrialCurves(byTrial);
  }

  @Override
  public void metrics(SweepView view, MetricExport.Format format, OutputStream out)
      throws IOException {
    client.metrics(view.id().value(), format, out);
    out.flush();
  }

  /** The adapter is not here; which model it belongs to is read from its configuration. */
  @Override
  public ReportPlaces places(SweepView view) {
    Optional<TrialView> best =
        Ranking.best(view.objective(), view.trials())
            .filter(trial -> trial.result().flatMap(TrialResult::adapter).isPresent());
    return new ReportPlaces(
        Console.command(), best.flatMap(trial -> model(view, trial)), Optional.empty());
  }

  private Optional<String> model(SweepView view, TrialView trial) {
    var config = new ByteArrayOutputStream();
    try {
      client.adapterFile(
          view.id().value(), trial.config().id().number(), AdapterFiles.CONFIG, config);
    } catch (UserError | IOException notThere) {
      return Optional.empty();
    }
    return AdapterFiles.baseModel(config.toString(StandardCharsets.UTF_8));
  }

  @Override
  public Path adapter(SweepView view, TrialView trial, Path scratch) throws IOException {
    FetchedAdapter.of(client, view.id().value(), trial.config().id().number()).writeTo(scratch);
    return scratch;
  }

  @Override
  public String where() {
    return client.url();
  }
}
