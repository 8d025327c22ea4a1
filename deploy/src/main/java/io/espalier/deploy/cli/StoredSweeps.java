package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.metrics.MetricsStore;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.ReportPlaces;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.SweepViews;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The sweeps of a store as their files have them; needs no coordinator, and disturbs none. */
record StoredSweeps(Path store) implements Sweeps {

  @Override
  public List<SweepSummary> list(Consumer<String> warn) {
    var views = new ArrayList<SweepView>();
    for (Path directory : directories()) {
      try {
        views.add(read(file(directory)));
      } catch (UserError e) {
        warn.accept(String.valueOf(e.getMessage()));
      }
    }
    return views.stream()
        .sorted(Comparator.comparing(SweepView::submitted))
        .map(SweepSummary::of)
        .toList();
  }

  /**
   * Those of every sweep, by name.
   *
   * @throws UserError when there is no such store
   */
  private List<Path> directories() {
    if (!Files.isDirectory(store)) {
      throw new UserError(
          "There is no store at %s: start a sweep with %s run SPEC, or name another store with --store."
              .formatted(store, Console.command()));
    }
    if (!Files.isDirectory(sweeps())) {
      return List.of();
    }
    try (Stream<Path> directories = Files.list(sweeps())) {
      return directories.filter(directory -> Files.exists(file(directory))).sorted().toList();
    } catch (IOException e) {
      throw new UserError(
          "The store %s cannot be read: %s".formatted(store, FileProblem.text(e)), e);
    }
  }

  /** Reads this sweep only: another that is broken does not matter to it. */
  @Override
  public SweepView find(String sweep) {
    List<Path> all = directories();
    return all.stream()
        .filter(directory -> name(directory).equals(sweep))
        .findFirst()
        .map(directory -> read(file(directory)))
        .orElseThrow(() -> new UserError(unknown(sweep, all)));
  }

  private static String name(Path directory) {
    return directory.getFileName().toString();
  }

  Path directory(SweepView view) {
    return sweeps().resolve(view.id().value());
  }

  @Override
  public TrialCurves curves(SweepView view) {
    return TrialCurves.of(view, MetricsStore.read(directory(view)));
  }

  @Override
  public void metrics(SweepView view, MetricExport.Format format, OutputStream out)
      throws IOException {
    MetricExport.write(MetricExport.byTrial(view, MetricsStore.read(directory(view))), format, out);
  }

  @Override
  public Path adapter(SweepView view, TrialView trial, Path scratch) {
    return directory(view).resolve(trial.result().flatMap(TrialResult::adapter).orElseThrow());
  }

  @Override
  public String where() {
    return store.toString();
  }

  @Override
  public ReportPlaces places(SweepView view) {
    Optional<Path> adapter =
        Ranking.best(view.objective(), view.trials())
            .flatMap(TrialView::result)
            .flatMap(TrialResult::adapter)
            .map(directory(view)::resolve)
            .filter(Files::isDirectory);
    return new ReportPlaces(
        Console.command(), adapter.flatMap(AdapterFiles::baseModel), adapter.map(Path::toString));
  }

  private String unknown(String sweep, List<Path> all) {
    String there =
        all.isEmpty()
            ? "it holds none; start one with: "
                + Console.command()
                + " run SPEC, or name another store with --store"
            : "it holds " + all.stream().map(StoredSweeps::name).collect(Collectors.joining(", "));
    return "The store %s has no sweep '%s': %s.".formatted(store, sweep, there);
  }

  private Path sweeps() {
    return store.resolve("sweeps");
  }

  private static SweepView read(Path file) {
    try {
      return SweepViews.fromJson(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new UserError("%s cannot be read: %s".formatted(file, FileProblem.text(e)), e);
    }
  }

  private static Path file(Path directory) {
    return directory.resolve("sweep.json");
  }
}
