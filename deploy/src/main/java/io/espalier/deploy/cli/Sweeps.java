package io.espalier.deploy.cli;

import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.report.ReportPlaces;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Sweeps to be read: a store's files or a coordinator's answers. */
interface Sweeps {
  /** Oldest first. */
  List<SweepSummary> list();

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

  /** Where they are, for messages. */
  String where();
}
