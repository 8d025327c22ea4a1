package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Training.AdamW;
import io.espalier.common.trial.Training.Scheduler;
import io.espalier.common.trial.Training.SchedulerType;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenRunTest {
  private static final double LOSS = 1e-5;
  private static final double NORM_RELATIVE = 5e-5;
  private static final float PARAMETERS = 2e-5f;

  @ParameterizedTest
  @ValueSource(strings = {"qwen2_tiny", "llama_tiny"})
  void thirty_updates_give_the_losses_norms_and_adapter_of_peft(String name, @TempDir Path output)
      throws IOException {
    String folder = "runs/" + name + "/adamw_cosine_b4_a1/";
    JsonNode run = Golden.json(folder + "run.json");
    List<TokenRow> rows = Golden.rows(name);
    JsonNode optimizer = run.get("optimizer");
    Schedule schedule =
        Schedule.of(
            new Scheduler(
                SchedulerType.COSINE,
                0,
                OptionalInt.of(run.get("schedule").get("warmup_steps").asInt())),
            optimizer.get("lr").asDouble(),
            run.get("schedule").get("total_steps").asLong());
    try (BaseModel model = BaseModel.load(Golden.path("models/" + name), Device.cpu())) {
      PeftFormat.Adapter start =
          PeftFormat.read(Golden.path(folder + "adapter_init"), model.config());
      var slot =
          new Pack.Slot(
              new AdamW(
                  optimizer.get("betas").get(0).asDouble(),
                  optimizer.get("betas").get(1).asDouble(),
                  optimizer.get("eps").asDouble(),
                  optimizer.get("weight_decay").asDouble()),
              run.get("max_grad_norm").asDouble(),
              start.layout().lora().scale());
      try (Pack pack =
          new Pack(
              model,
              new Trainable.Adapter(start.layout()),
              new Pack.Regularisation(0, 0),
              List.of(slot),
              start.values())) {
        for (int i = 0; i < run.get("steps").asInt(); i++) {
          List<TokenRow> batch =
              Arrays.stream(Golden.ints(run.get("micro_batches").get(i)))
                  .mapToObj(rows::get)
                  .toList();
          int targets = batch.stream().mapToInt(TokenRow::targets).sum();
          pack.accumulate(
              MicroBatch.of(
                  List.of(new MicroBatch.Part(batch, 1.0 / targets, new long[batch.size()]))));
          Pack.Measured measured = pack.measure().get(0);
          double rate = schedule.learningRate(i + 1);
          assertThat(rate).isCloseTo(run.get("lr").get(i).asDouble(), within(1e-15));
          assertThat(measured.loss())
              .describedAs("loss of update %d", i + 1)
              .isCloseTo(run.get("loss_f32").get(i).asDouble(), within(LOSS));
          double norm = run.get("grad_norm_f64").get(i).asDouble();
          assertThat(measured.gradNorm())
              .describedAs("gradient norm of update %d", i + 1)
              .isCloseTo(norm, within(norm * NORM_RELATIVE));
          pack.update(new boolean[] {true}, new double[] {rate});
        }
        PeftFormat.Adapter expected =
            PeftFormat.read(Golden.path(folder + "adapter_final"), model.config());
        assertThat(pack.parameters(0)).containsExactly(expected.values(), within(PARAMETERS));

        PeftFormat.write(output, start.layout(), pack.parameters(0), "models/" + name);
        assertThat(PeftFormat.read(output, model.config()).values()).isEqualTo(pack.parameters(0));
        assertThat(sortedLines(output.resolve("adapter_config.json")))
            .isEqualTo(sortedLines(Golden.path(folder + "adapter_final/adapter_config.json")));
      }
    }
  }

  /** PEFT writes target_modules in an order of chance. */
  private static List<String> sortedLines(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> line.replaceAll(",$", ""))
        .sorted()
        .toList();
  }
}
