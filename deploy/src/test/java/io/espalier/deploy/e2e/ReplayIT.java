package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A recorded sweep, what other pruners and guards would have done with it, and a next one. */
class ReplayIT {
  private static final String RATES = "1e-3, 1e-30, 1e-2, 1e-4, 3e-3";
  private static final int EPOCHS = 80;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path directory;
  private static TinySweep tiny;

  @BeforeAll
  static void train() {
    tiny = TinySweep.in(directory);
    run(tiny.longGrid("whole", RATES, EPOCHS));
  }

  /** One after another, so that reports arrive in the same order each time. */
  private static void run(Path spec) {
    Launcher.Ended run =
        InProcess.run("run", spec, "--store", tiny.store(), "--lanes", 1, "--slots", 1);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static Launcher.Ended replay(String pruning, Object... more) {
    List<Object> command =
        new ArrayList<>(List.of("replay", "whole-1", "--store", tiny.store(), "--pruning"));
    command.add(pruning);
    command.addAll(List.of(more));
    return InProcess.run(command.toArray());
  }

  private static String text(String pruning) {
    Launcher.Ended ended = replay(pruning);
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    return ended.out();
  }

  @Test
  void a_rule_that_none_breaks_saves_nothing_and_one_that_all_break_loses_the_best() {
    assertThat(text("{method: patient, patience: 500}"))
        .startsWith("0 of 5 trials would have ended early: 0 of 1,200 updates not done")
        .contains("would have stayed");
    assertThat(text("{method: threshold, upper: 0.1}"))
        .contains("5 of 5 trials would have ended early: 1,185 of 1,200 updates not done")
        .contains("threshold after 1 epoch: eval_loss")
        .contains("would have been lost");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stopping", "promotion"})
  void it_ends_what_the_pruner_ends_in_a_sweep_of_its_own(String variant) throws IOException {
    String asha =
        "{method: asha, variant: %s, reduction_factor: 3, min_resource: 1}".formatted(variant);
    Path spec = tiny.longGrid("whole", RATES, EPOCHS);
    String yaml = Files.readString(spec).replace("name: whole", "name: " + variant);
    run(tiny.write("pruned.yaml", yaml + "pruning: " + asha + "\n"));

    JsonNode replayed = JSON.readTree(replay(asha, "--json").out());

    assertThat(stops(replayed))
        .hasSizeGreaterThan(1)
        .containsExactlyInAnyOrderElementsOf(ends(variant));
    assertThat(replayed.get("saved").asLong()).isPositive();
  }

  @Test
  void it_ends_what_guards_end_in_a_sweep_of_its_own() throws IOException {
    String guard = "{gradient_norm: {ceiling: %s}}".formatted(ceilingOfSome());
    String yaml = Files.readString(tiny.longGrid("whole", RATES, EPOCHS));
    String guarded =
        yaml.replace("name: whole", "name: guarded")
            .replaceFirst("(?m)^guard: .*$", "guard: " + guard);
    assertThat(guarded).contains(guard);
    run(tiny.write("guarded.yaml", guarded));

    Launcher.Ended replay =
        InProcess.run("replay", "whole-1", "--store", tiny.store(), "--guard", guard, "--json");

    assertThat(replay.exitCode()).as(replay.err()).isZero();
    assertThat(stops(JSON.readTree(replay.out())))
        .hasSizeBetween(1, 4)
        .containsExactlyInAnyOrderElementsOf(ends("guarded"));
    assertThat(
            InProcess.run("replay", "whole-1", "--store", tiny.store(), "--guard", "{gues: {}}")
                .err())
        .contains("--guard:1: guard.gues: unknown key");
  }

  /** Between the largest gradient norms of the second and the third trial by these. */
  private static double ceilingOfSome() throws IOException {
    String rows =
        InProcess.run("metrics", "whole-1", "--format", "jsonl", "--store", tiny.store()).out();
    Map<Integer, Double> largest = new HashMap<>();
    for (String line : rows.lines().toList()) {
      JsonNode row = JSON.readTree(line);
      if (row.path("grad_norm").isNumber()) {
        largest.merge(row.get("branch").asInt(), row.get("grad_norm").asDouble(), Math::max);
      }
    }
    List<Double> sorted = largest.values().stream().sorted(Comparator.reverseOrder()).toList();
    return (sorted.get(1) + sorted.get(2)) / 2;
  }

  /** Trial and update of each that was ended early. */
  private static List<String> ends(String name) throws IOException {
    String listed = InProcess.run("ls", "--json", "--store", tiny.store()).out();
    String sweep = listed.replaceAll("(?s).*\"(%s-\\d+)\".*".formatted(name), "$1");
    JsonNode trained =
        JSON.readTree(InProcess.run("show", sweep, "--json", "--store", tiny.store()).out());
    List<String> ends = new ArrayList<>();
    for (JsonNode trial : trained.get("trials")) {
      JsonNode verdict = trial.at("/result/outcome/verdict");
      if (!verdict.isMissingNode()) {
        ends.add(trial.at("/config/id").asText() + " at " + verdict.get("update").asLong());
      }
    }
    return ends;
  }

  private static List<String> stops(JsonNode replayed) {
    List<String> stops = new ArrayList<>();
    for (JsonNode stop : replayed.get("stops")) {
      stops.add(stop.at("/trials/0").asText() + " at " + stop.at("/verdict/update").asLong());
    }
    return stops;
  }

  @Test
  void a_search_around_its_best_trial_is_a_spec_that_can_be_planned() throws IOException {
    Launcher.Ended refined = InProcess.run("refine", "whole-1", "--store", tiny.store());
    assertThat(refined.exitCode()).as(refined.err()).isZero();
    assertThat(refined.out()).startsWith("# Around trial ");

    Path next = directory.resolve("next.yaml");
    Files.writeString(next, refined.out());
    Launcher.Ended plan = InProcess.run("plan", next, "--no-estimate");

    assertThat(plan.exitCode()).as(plan.err()).isZero();
    assertThat(plan.out()).containsPattern("^whole: [23] trials");
  }

  @Test
  void a_rule_that_is_none_or_goes_by_what_was_not_measured_is_told() {
    Launcher.Ended unknown = replay("{method: guess}");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("--pruning:1: pruning.method: guess is not known");
    assertThat(replay("{metric: eval_accuracy}").err())
        .contains("eval_accuracy is not measured at every epoch");
    assertThat(replay("off").err()).contains("--pruning is off");
  }
}
