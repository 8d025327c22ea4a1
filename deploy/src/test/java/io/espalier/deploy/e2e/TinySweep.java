package io.espalier.deploy.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory with what a sweep needs: a model of two layers (one of the worker's golden tests),
 * its 16 tokenized rows, and specs.
 */
final class TinySweep {
  private static final Path GOLDEN = Path.of("../worker/src/test/resources/golden");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  private TinySweep(Path directory) {
    this.directory = directory;
  }

  /** With a Qwen2. */
  static TinySweep in(Path directory) {
    return of(directory, GOLDEN, "qwen2_tiny");
  }

  /**
   * @param golden a set of reference numbers
   * @param model the name of one of its models, which has rows
   */
  static TinySweep of(Path directory, Path golden, String model) {
    TinySweep sweep = new TinySweep(directory);
    try {
      sweep.copyModel(golden.resolve("models").resolve(model));
      sweep.writeRows(golden.resolve("inputs").resolve(model + ".json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sweep;
  }

  private void copyModel(Path golden) throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(golden.resolve(file), model.resolve(file));
    }
  }

  private void writeRows(Path golden) throws IOException {
    JsonNode inputs = JSON.readTree(golden.toFile());
    StringBuilder lines = new StringBuilder();
    for (JsonNode sample : inputs.get("samples")) {
      lines.append(JSON.writeValueAsString(sample)).append('\n');
    }
    write("rows.jsonl", lines.toString());
  }

  Path store() {
    return directory.resolve("store");
  }

  /** A grid over learning rates, two epochs at batch 4, a quarter of the rows for evaluation. */
  Path grid(String name, String learningRates) {
    return write(
        name + ".yaml", yaml(name, "method: grid", "learning_rate: [" + learningRates + "]"));
  }

  /** A grid like {@link #grid}, of trials that take {@code epochs} epochs of 3 updates. */
  Path longGrid(String name, String learningRates, int epochs) {
    String yaml = yaml(name, "method: grid", "learning_rate: [" + learningRates + "]");
    return write(name + ".yaml", yaml.replace("epochs: 2\n", "epochs: " + epochs + "\n"));
  }

  static String yaml(String name, String method, String space) {
    return """
    name: %s
    model: model
    dataset:
      train: rows.jsonl
      eval: 0.25
    training:
      num_train_epochs: 2
      per_device_train_batch_size: 4
      lr_scheduler_type: constant
    search:
      %s
      space:
        %s
    evaluation: {metrics: [loss]}
    guard: {gradient_norm: {ceiling: 100}}
    """
        .formatted(name, method, space);
  }

  Path write(String name, String text) {
    try {
      return Files.writeString(directory.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
