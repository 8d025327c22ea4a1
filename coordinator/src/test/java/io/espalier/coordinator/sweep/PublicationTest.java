package io.espalier.coordinator.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublicationTest {
  @TempDir Path sweep;

  @Test
  void a_trials_adapter_and_its_checkpoints_are_links_to_what_its_attempt_wrote() throws Exception {
    Path written = Files.createDirectories(sweep.resolve("branches/3/1-1/adapter"));
    Files.writeString(written.resolve("adapter_config.json"), "{}");
    Path tenth = Files.createDirectories(written.resolveSibling("checkpoint-10"));
    Files.writeString(tenth.resolve("adapter_config.json"), "{\"r\": 8}");
    Files.createDirectories(written.resolveSibling("checkpoint-20.new"));
    for (int twice = 0; twice < 2; twice++) {
      Publication.link(sweep, Examples.result(3, new Outcome.Completed()));
    }
    Path adapter = sweep.resolve(Publication.adapter(new TrialId(3)));
    assertThat(adapter.resolve("adapter_config.json")).hasContent("{}");
    assertThat(Files.readSymbolicLink(adapter)).isRelative();
    assertThat(adapter.resolveSibling("checkpoint-10/adapter_config.json"))
        .hasContent("{\"r\": 8}");
    assertThat(adapter.resolveSibling("checkpoint-20.new")).doesNotExist();
  }

  @Test
  void a_trial_that_was_tried_again_is_what_the_later_attempt_wrote() throws Exception {
    Files.createDirectories(sweep.resolve("branches/3/1-1/adapter"));
    TrialResult first = Examples.result(3, new Outcome.Completed());
    Publication.link(sweep, first);
    Path later = Files.createDirectories(sweep.resolve("branches/3/2-1/adapter"));
    Files.writeString(later.resolve("adapter_config.json"), "{}");

    Publication.link(sweep, first.withAdapter("branches/3/2-1/adapter"));

    assertThat(sweep.resolve(Publication.adapter(new TrialId(3))).resolve("adapter_config.json"))
        .hasContent("{}");
  }
}
