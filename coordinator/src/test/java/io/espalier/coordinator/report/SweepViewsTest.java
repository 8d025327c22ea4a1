package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.util.List;
import org.junit.jupiter.api.Test;

class SweepViewsTest {

  @Test
  void a_view_survives_as_json_with_its_numbers_that_are_not_finite() {
    var view =
        Views.sweep(
            List.of(
                Views.open(0),
                Views.killed(1),
                Views.failed(2),
                Views.completed(3, Double.POSITIVE_INFINITY, Double.NaN),
                Views.completed(4, 0.2041, 0.71)));
    assertThat(SweepViews.fromJson(SweepViews.toJson(view), "sweep.json")).isEqualTo(view);
  }

  @Test
  void json_of_a_version_that_kept_no_settings_is_still_read() {
    var json = SweepViews.toJson(Views.sweep(List.of(Views.completed(0, 1, 1))));
    var older = json.replaceFirst("(?s)\"settings\" : .*?\"submitted\"", "\"submitted\"");
    assertThat(older).doesNotContain("maxNewTokens");
    assertThat(SweepViews.fromJson(older, "sweep.json").settings()).isEmpty();
  }

  @Test
  void what_a_trial_was_trained_with_and_by_is_in_it() {
    assertThat(SweepViews.toJson(Views.sweep(List.of(Views.completed(0, 1, 1)))))
        .contains(
            "\"learningRate\"",
            "\"evaluation\"",
            "\"guard\"",
            "\"revision\"",
            "\"libtorch\"",
            "\"instructionSet\"",
            "\"dataSha256\"",
            "\"modelSha256\"",
            "\"peakMemoryBytes\"",
            "\"seconds\"");
  }

  @Test
  void json_of_a_newer_version_is_still_read() {
    var json = SweepViews.toJson(Views.sweep(List.of(Views.completed(0, 1, 1))));
    var newer = json.replaceFirst("\\{", "{\"invented\": {\"later\": [1]},");
    assertThat(SweepViews.fromJson(newer, "sweep.json").trials()).hasSize(1);
  }

  @Test
  void what_is_no_view_is_refused_by_name() {
    for (String json : List.of("", "null", "[]", "{\"id\": 3", "{}")) {
      assertThatThrownBy(() -> SweepViews.fromJson(json, "sweeps/a-1/sweep.json"))
          .as(json)
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith("sweeps/a-1/sweep.json: holds no sweep");
    }
  }
}
