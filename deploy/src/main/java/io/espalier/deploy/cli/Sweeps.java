package io.espalier.deploy.cli;

import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.report.ReportPlaces;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Sweeps to be read: a store's files or a coordinator's answers. */
interface Sweeps {
  /**
   * Oldest first.
   *
   * @param warn told why of each sweep that is left out because it cannot be read
   */
  List<SweepSummary> list(Consumer<String> warn);

  /**
   * @throws io.espalier.common.UserError when there is no sweep of this name
   */
  SweepView find(String sweep);

  TrialCurves curves(SweepView view);

  /**
   * Every measurement; {@code out} is flushed and stays open.
   *
   * @throws IOException when {@code out} throws it
   */
  void metrics(SweepView view, MetricExport.Format format, OutputStream out) throws IOException;

  /** What commands about the best trial name. */
  ReportPlaces places(SweepView view);

  /**
   * The directory of what a trial left.
   *
   * @param trial one that left something
   * @param scratch an empty directory, for what is not on this machine
   */
  Path adapter(SweepView view, TrialView trial, Path scratch) throws IOException;

  /** Where they are, for messages. */
  String where();
}
