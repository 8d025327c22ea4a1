package io.espalier.coordinator.rangetest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.Specs;
import io.espalier.coordinator.search.Search;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RangeTestTest {
  private static final RangeTest TEST = new RangeTest(1e-6, 1, 61);

  @TempDir Path folder;

  @BeforeEach
  void writeFiles() throws Exception {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("train.jsonl"), "{\"query\": \"a\", \"response\": \"b\"}\n");
  }

  private List<TrialConfig> trials(Map<String, Candidates> space) {
    SweepSpec sweep = Specs.searching(new SearchSpec(SearchSpec.Method.GRID, 1, 7, space, false));
    SweepSpec derived = SpecReader.parse(TEST.spec(sweep), folder, "derived.yaml");
    assertThat(derived.name()).isEqualTo("test-lr-find");
    assertThat(derived.guard().lossSpike()).isEmpty();
    return Search.trials(derived);
  }

  @Test
  void the_rate_grows_by_the_same_factor_from_the_first_update_to_the_last() {
    Training training =
        trials(Map.of("lora_rank", new Candidates.Values(List.of("2", "4")))).get(0).training();

    assertThat(training.maxSteps()).hasValue(61);
    assertThat(rate(training, 0)).isCloseTo(1e-6, within(1e-12));
    assertThat(rate(training, 10) / rate(training, 0)).isCloseTo(10, within(1e-6));
    assertThat(rate(training, 60)).isCloseTo(1, within(1e-6));
  }

  private static double rate(Training training, long step) {
    return training.scheduler().learningRate(training.learningRate(), step, 61);
  }

  @Test
  void each_batch_size_of_the_search_is_tried_and_nothing_else() {
    var space = new LinkedHashMap<String, Candidates>();
    space.put("learning_rate", new Candidates.Values(List.of("1e-3", "1e-4")));
    space.put("per_device_train_batch_size", new Candidates.Values(List.of("1", "8")));

    assertThat(trials(space))
        .extracting(trial -> trial.training().perDeviceTrainBatchSize())
        .containsExactly(1, 8);
    assertThat(trials(Map.of("learning_rate", new Candidates.Values(List.of("1e-3"))))).hasSize(1);
  }
}
