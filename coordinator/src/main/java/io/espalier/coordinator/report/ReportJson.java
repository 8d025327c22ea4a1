package io.espalier.coordinator.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.espalier.common.trial.TrialId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that came out of a sweep, for programs: what the tables are made from. Pure.
 *
 * @param winner the best trial, once there is one
 * @param commands what can be done with it
 * @param trial whose evaluations follow: the one asked for, else the best
 * @param byEpoch one object for each evaluation and one for the end: {@code epoch}, {@code update},
 *     {@code learning_rate} and {@code train_loss} where updates precede it, and each metric by its
 *     name
 * @param curves what they say, by trial
 */
public record ReportJson(
    SweepView sweep,
    Optional<TrialId> winner,
    List<Command> commands,
    Optional<TrialId> trial,
    @JsonProperty("by_epoch") List<Map<String, Object>> byEpoch,
    List<Said> curves) {

  /** What the curve of an ended trial says, by which numbers, and what to do. */
  record Said(TrialId trial, String finding, String numbers, String advice) {}

  /** A command or a piece of code, and what it does. */
  record Command(String purpose, String code) {}

  /**
   * @param chosen the trial to show by epoch instead of the best
   */
  public static ReportJson of(SweepReport report, Optional<TrialView> chosen) {
    Optional<Winner> winner = Winner.of(report.view(), report.places());
    Optional<TrialView> shown = chosen.or(() -> winner.map(Winner::trial));
    return new ReportJson(
        report.view(),
        winner.map(best -> best.trial().config().id()),
        winner.map(Winner::steps).orElse(List.of()).stream()
            .map(step -> new Command(step.purpose(), step.code()))
            .toList(),
        shown.map(trial -> trial.config().id()),
        shown.map(trial -> EpochTable.values(trial, report.curves())).orElse(List.of()),
        SweepReport.diagnoses(report.view(), report.curves()).entrySet().stream()
            .map(
                entry ->
                    new Said(
                        entry.getKey().config().id(),
                        entry.getValue().finding().words(),
                        entry.getValue().numbers(),
                        entry.getValue().finding().advice()))
            .toList());
  }
}
