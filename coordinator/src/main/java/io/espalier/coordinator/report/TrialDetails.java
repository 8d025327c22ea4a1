package io.espalier.coordinator.report;

import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.diagnosis.Diagnosis;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All there is to see of one trial. Pure.
 *
 * @param text its point, as one line
 * @param configuration every hyperparameter, as it would be written in a spec
 * @param trainedBy what it took and what trained it; empty until it has ended
 * @param curve what its curve says, once it has ended
 * @param advice what to do about that; may be empty
 * @param byEpoch one object for each evaluation and one for the end, as in {@link ReportJson}
 * @param charts its curves
 */
public record TrialDetails(
    Board.Row trial,
    String text,
    Map<String, String> configuration,
    Map<String, String> trainedBy,
    Optional<String> curve,
    Optional<String> advice,
    List<Map<String, Object>> byEpoch,
    List<Charts.Chart> charts) {

  public static TrialDetails of(SweepView view, TrialCurves curves, TrialView trial) {
    Optional<Diagnosis> diagnosis =
        Optional.ofNullable(SweepReport.diagnoses(view, curves).get(trial));
    return new TrialDetails(
        Board.row(trial, MetricNames.main(view)),
        TrialConfig.text(trial.config().point()),
        Configuration.of(trial.config()),
        TrainedBy.of(trial),
        diagnosis.map(found -> found.finding().words() + ": " + found.numbers()),
        diagnosis.map(found -> found.finding().advice()),
        EpochTable.values(trial, curves),
        Charts.of(view, curves, trial));
  }
}
