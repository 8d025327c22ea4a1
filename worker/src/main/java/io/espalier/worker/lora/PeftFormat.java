package io.espalier.worker.lora;

import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.model.DurableFiles;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Safetensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * An adapter as PEFT saves it: {@code adapter_model.safetensors} and {@code adapter_config.json}.
 */
public final class PeftFormat {
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String CONFIG = "adapter_config.json";

  private PeftFormat() {}

  /**
   * An adapter read.
   *
   * @param values the flat vector [P]
   */
  public record Adapter(AdapterLayout layout, float[] values) {}

  /**
   * Writes an adapter; each file appears whole or not at all.
   *
   * @param flat the slot's flat vector [P]
   * @param baseModel what PEFT shall load below it
   */
  public static void write(Path directory, AdapterLayout layout, float[] flat, String baseModel)
      throws IOException {
    List<Safetensors.Tensor> tensors =
        layout.matrices().stream()
            .sorted(Comparator.comparing(Matrix::peftName))
            .map(matrix -> tensor(matrix, flat))
            .toList();
    Files.createDirectories(directory);
    DurableFiles.write(directory.resolve(WEIGHTS), file -> Safetensors.write(file, tensors));
    DurableFiles.write(directory.resolve(CONFIG), PeftConfig.json(layout, baseModel));
  }

  private static Safetensors.Tensor tensor(Matrix matrix, float[] flat) {
    return new Safetensors.Tensor(
        matrix.peftName(),
        matrix.shape(),
        FloatBuffer.wrap(flat, Math.toIntExact(matrix.offset()), Math.toIntExact(matrix.size())));
  }

  /**
   * Reads an adapter of a model.
   *
   * @throws UserError naming file and key when it is not a LoRA adapter of this model, or has what
   *     is not supported
   */
  public static Adapter read(Path directory, ModelConfig model) {
    if (!Files.isRegularFile(directory.resolve(CONFIG))) {
      throw new UserError(
          "%s has no %s; expected an adapter's directory in PEFT's layout%s"
              .formatted(
                  directory,
                  CONFIG,
                  Files.isRegularFile(directory.resolve("config.json"))
                      ? "; this is a whole model"
                      : ""));
    }
    Lora lora = PeftConfig.read(directory.resolve(CONFIG), model);
    AdapterLayout layout = AdapterLayout.of(model, lora);
    Safetensors stored = Safetensors.ofFile(directory.resolve(WEIGHTS));
    checkFits(stored, layout);
    float[] flat = new float[Math.toIntExact(layout.parameters())];
    for (Matrix matrix : layout.matrices()) {
      stored
          .floats(matrix.peftName(), matrix.shape())
          .get(flat, Math.toIntExact(matrix.offset()), Math.toIntExact(matrix.size()));
    }
    return new Adapter(layout, flat);
  }

  private static void checkFits(Safetensors stored, AdapterLayout layout) {
    Map<String, long[]> found = stored.shapes();
    for (Matrix matrix : layout.matrices()) {
      long[] needed = matrix.shape();
      long[] shape = found.remove(matrix.peftName());
      if (!Arrays.equals(shape, needed)) {
        throw misfit(
            stored,
            "%s is %s, but at rank %d the model needs %s"
                .formatted(
                    matrix.peftName(),
                    shape == null ? "missing" : Arrays.toString(shape),
                    layout.lora().rankOf(matrix.module().path()),
                    Arrays.toString(needed)));
      }
    }
    if (!found.isEmpty()) {
      throw misfit(stored, "the model has no place for " + found.keySet().iterator().next());
    }
  }

  private static UserError misfit(Safetensors stored, String why) {
    return new UserError(
        "%s does not fit the model: %s; give the model that %s names as base_model_name_or_path"
            .formatted(stored.source(), why, CONFIG));
  }
}
