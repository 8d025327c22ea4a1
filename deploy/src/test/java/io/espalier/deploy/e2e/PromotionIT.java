package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep whose branches rest until they are promoted, from its spec to its end. */
class PromotionIT {
  @TempDir Path directory;

  @Test
  void most_rest_after_the_first_epoch_and_who_is_promoted_ends_as_if_it_had_not_rested()
      throws IOException {
    TinySweep tiny = TinySweep.in(directory);
    String rates = "learning_rate: [1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2]";
    String yaml =
        TinySweep.yaml("promoted", "method: grid", rates).replace("epochs: 2", "epochs: 4");
    Path alone = tiny.write("alone.yaml", yaml.replace("name: promoted", "name: alone"));
    Path spec =
        tiny.write(
            "promoted.yaml",
            yaml + "pruning: {method: asha, variant: promotion, reduction_factor: 2}\n");

    run(tiny, alone);
    run(tiny, spec);

    Map<String, JsonNode> whole = results(tiny, "alone-1");
    Map<String, JsonNode> promoted = results(tiny, "promoted-2");
    assertThat(promoted.values())
        .extracting(result -> result.get("outcome").get("outcome").asText())
        .contains("completed", "pruned");
    assertThat(promoted.values())
        .filteredOn(result -> result.get("outcome").get("outcome").asText().equals("pruned"))
        .allSatisfy(
            result -> {
              assertThat(result.get("updates").asLong()).isIn(3L, 6L);
              assertThat(result.get("seconds").asDouble()).isPositive();
            });
    promoted.forEach(
        (rate, result) -> {
          if (result.get("outcome").get("outcome").asText().equals("completed")) {
            assertThat(result.get("metrics").get("eval_loss").asDouble())
                .isCloseTo(
                    whole.get(rate).get("metrics").get("eval_loss").asDouble(), within(1e-4));
          }
        });
    Path log = tiny.store().resolve("sweeps/promoted-2");
    try (var files = Files.walk(log)) {
      assertThat(files.filter(file -> file.toString().endsWith(".log")).map(PromotionIT::text))
          .anySatisfy(text -> assertThat(text).contains("rests after update 3"));
    }
    try (var files = Files.walk(log)) {
      assertThat(files.filter(file -> file.getParent().endsWith("checkpoints")))
          .as("nobody goes on from where it rested any more, but from the ends of the best")
          .isNotEmpty()
          .allSatisfy(file -> assertThat(file.getFileName()).hasToString("12"));
    }
  }

  private static void run(TinySweep tiny, Path spec) {
    Launcher.Ended run =
        InProcess.run("run", spec, "--store", tiny.store(), "--lanes", 1, "--slots", 2, "--plain");
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static Map<String, JsonNode> results(TinySweep tiny, String sweep) throws IOException {
    Map<String, JsonNode> results = new HashMap<>();
    String json = InProcess.run("show", sweep, "--store", tiny.store(), "--json").out();
    for (JsonNode trial : new ObjectMapper().readTree(json).get("trials")) {
      results.put(
          trial.get("config").get("point").get("learning_rate").asText(), trial.get("result"));
    }
    return results;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
