package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.BranchId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ViewJsonTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final LiveUpdate UPDATE =
      new LiveUpdate(new BranchId(3), 7, 0.5, 28, Double.NaN, 1e-4, 2, 5210, NOW);

  @Test
  void a_live_update_has_the_names_of_the_api() {
    String json = ViewJson.line(UPDATE);
    assertThat(json)
        .isEqualTo(
            "{\"branch\":3,\"update\":7,\"epoch\":0.5,\"samples\":28,\"trainLoss\":\"NaN\","
                + "\"learningRate\":1.0E-4,\"gradNorm\":2.0,\"tokensPerSecond\":5210.0,"
                + "\"time\":\"2026-01-02T03:04:05Z\"}");
    assertThat(ViewJson.read(json, LiveUpdate.class, "here")).isEqualTo(UPDATE);
    assertThat(ViewJson.readList("[" + json + "]", LiveUpdate.class, "here"))
        .containsExactly(UPDATE);
  }

  @Test
  void workers_and_summaries_survive_as_json() {
    var there =
        new WorkerView(
            new WorkerId("here-cpu-1"),
            Optional.of("here"),
            Optional.of("cpu, 2 lanes"),
            2,
            1,
            List.of("demo-1/3@1-2"),
            true,
            Optional.of(NOW),
            Optional.of(NOW),
            Optional.of(new WorkerView.Quarantine("three failed", NOW)));
    var gone =
        new WorkerView(
            new WorkerId("gone-cpu-2"),
            Optional.empty(),
            Optional.empty(),
            0,
            0,
            List.of(),
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    assertThat(ViewJson.readList(ViewJson.write(List.of(there, gone)), WorkerView.class, "here"))
        .containsExactly(there, gone);
    var summary =
        SweepSummary.of(Views.sweep(List.of(Views.open(0), Views.completed(1, 0.25, 0.75))));
    assertThat(ViewJson.read(ViewJson.write(summary), SweepSummary.class, "here"))
        .isEqualTo(summary);
    assertThat(ViewJson.line(summary))
        .contains("\"trials\":2,\"endedTrials\":1,\"best\":{\"trial\":1,\"metric\":\"eval_loss\"");
  }

  @Test
  void what_is_no_such_view_is_refused_by_the_views_name_and_its_source() {
    assertThatThrownBy(() -> ViewJson.read("{}", LiveUpdate.class, "http://here/events"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("http://here/events: holds no live update");
    assertThatThrownBy(() -> ViewJson.readList("{}", WorkerView.class, "http://here/workers"))
        .hasMessageStartingWith("http://here/workers: holds no list of workers");
  }
}
