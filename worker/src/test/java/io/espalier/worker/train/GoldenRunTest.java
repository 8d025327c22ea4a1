package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.Device;
import io.espalier.common.UserError;
import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.LossNormalisation;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thirty updates of each reference run. Runs with left padding are computed right-padded: the
 * rotary embedding looks at differences of positions only. What is left out is skipped with its
 * reason, what is refused is refused with its message.
 */
class GoldenRunTest {
  private static final double LOSS = 1e-5;
  private static final double NORM_RELATIVE = 5e-5;

  private static final String PADDED_PLACES =
      "%s is left out: the reference counts padding as places of the row, Espalier pads right";

  static Stream<String> runs() {
    return Golden.holding("runs", 2, "run.json").stream()
        .filter(name -> !Golden.trainsBiases(Golden.run(name)));
  }

  static Stream<String> runsWithBiases() {
    return Golden.holding("runs", 2, "run.json").stream()
        .filter(name -> Golden.trainsBiases(Golden.run(name)));
  }

  @ParameterizedTest
  @MethodSource("runsWithBiases")
  void a_run_that_trains_biases_is_refused_by_name(String name) {
    GoldenRun run = GoldenRun.of(name);
    Path adapter = run.adapter("adapter_init").orElseThrow();
    assertThatThrownBy(() -> PeftFormat.read(adapter, ModelConfig.read(run.modelDirectory())))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s: bias is %s; supported is none",
            adapter.resolve("adapter_config.json"), run.json().get("peft").get("bias").asText());
  }

  @ParameterizedTest
  @MethodSource("runs")
  void thirty_updates_give_the_losses_norms_and_adapter_of_peft(String name, @TempDir Path output)
      throws IOException {
    GoldenRun run = GoldenRun.of(name);
    assumeFalse(run.countsPadding(), PADDED_PLACES.formatted(name));
    Training training = run.training();
    Schedule schedule = training.schedule(16);
    try (BaseModel model = BaseModel.load(run.modelDirectory(), Device.cpu())) {
      PeftFormat.Adapter start =
          PeftFormat.read(run.adapter("adapter_init").orElseThrow(), model.config());
      try (Pack pack =
          new Pack(
              model,
              List.of(
                  Slot.fresh(training, new Trainable.Adapter(start.layout()), start.values())))) {
        for (int update = 1; update <= run.updates(); update++) {
          accumulate(pack, training, run.microBatches(update));
          Pack.Measured measured = pack.measure().get(0);
          double rate = schedule.learningRate(update);
          assertThat(rate).isCloseTo(run.expected("lr", update), within(1e-15));
          assertThat(measured.loss())
              .describedAs("loss of update %d", update)
              .isCloseTo(run.expected("loss_f32", update), within(LOSS));
          double norm = run.expected("grad_norm_f64", update);
          assertThat(measured.gradNorm())
              .describedAs("gradient norm of update %d", update)
              .isCloseTo(norm, within(norm * NORM_RELATIVE));
          pack.update(new boolean[] {true}, new double[] {rate});
        }
        Optional<Path> end = run.adapter("adapter_final");
        if (end.isPresent()) {
          PeftFormat.Adapter expected = PeftFormat.read(end.get(), model.config());
          assertThat(pack.parameters(0))
              .containsExactly(expected.values(), within(run.parameterTolerance()));
          writesAsPeft(pack, start, run, end.get(), output);
          assertThat(PeftFormat.read(output, model.config()).values())
              .isEqualTo(pack.parameters(0));
        }
      }
    }
  }

  private static void accumulate(Pack pack, Training training, List<List<TokenRow>> batches) {
    long all = batches.stream().flatMap(List::stream).mapToLong(TokenRow::targets).sum();
    for (List<TokenRow> batch : batches) {
      long own = batch.stream().mapToLong(TokenRow::targets).sum();
      double share =
          training.lossNormalisation() == LossNormalisation.TOKEN
              ? 1.0 / all
              : 1.0 / (batches.size() * own);
      pack.accumulate(MicroBatch.of(List.of(Packs.part(batch, share, new long[batch.size()]))));
    }
  }

  private static void writesAsPeft(
      Pack pack, PeftFormat.Adapter start, GoldenRun run, Path expected, Path output)
      throws IOException {
    PeftFormat.write(output, start.layout(), pack.parameters(0), run.json().get("model").asText());
    assertThat(sortedLines(output.resolve("adapter_config.json")))
        .isEqualTo(sortedLines(expected.resolve("adapter_config.json")));
  }

  /**
   * PEFT writes target_modules in an order of chance, modules_to_save twice when it trained on, and
   * keeps how an adapter was drawn that it loaded.
   */
  private static List<String> sortedLines(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> line.replaceAll(",$", ""))
        .filter(line -> !line.contains("init_lora_weights"))
        .distinct()
        .sorted()
        .toList();
  }
}
