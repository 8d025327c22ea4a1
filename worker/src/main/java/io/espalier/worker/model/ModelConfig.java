package io.espalier.worker.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * What the engine needs to know of a HuggingFace model.
 *
 * @param vocabulary rows of the embedding
 * @param heads query heads of a layer
 * @param kvHeads key and value heads; {@code heads} is a multiple of it
 * @param headSize features of one head
 * @param maxPositions the longest row the model was made for, in tokens
 * @param dtype what its weights are stored in: {@code float32}, {@code bfloat16} or {@code float16}
 * @param endTokens what ends a generated answer; generation_config.json before config.json
 * @param architecture what its family has beyond that
 */
public record ModelConfig(
    String modelType,
    int vocabulary,
    int hiddenSize,
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int maxPositions,
    String dtype,
    List<Integer> endTokens,
    Architecture architecture) {
  public ModelConfig {
    endTokens = List.copyOf(endTokens);
  }

  /**
   * Reads {@code config.json}, and {@code generation_config.json} where there is one.
   *
   * @throws io.espalier.common.UserError naming file and key when the model is not one the engine
   *     computes exactly
   */
  public static ModelConfig read(Path directory) {
    return ModelConfigReader.read(directory);
  }

  /** Its linear modules in the order of the engine's script. */
  public List<Projection> modules() {
    ModelTensors tensors = architecture.tensors(this);
    var modules = new ArrayList<Projection>();
    for (int layer = 0; layer < layers; layer++) {
      modules.addAll(placed(layer, tensors.modules()));
    }
    modules.addAll(placed(layers, tensors.following()));
    return modules;
  }

  private static List<Projection> placed(int layer, List<ModelTensors.Linear> modules) {
    return IntStream.range(0, modules.size())
        .mapToObj(ordinal -> modules.get(ordinal).at(layer, ordinal))
        .toList();
  }

  /** The longest row that is computed exactly, in tokens; empty where any is. */
  public OptionalInt longestRow() {
    return architecture.longestRow(this);
  }

  /** Classes that a row is put in; 0 where the next token is predicted. */
  public int classes() {
    return architecture.classes();
  }

  /** The layer that chooses a row's class: trained beside adapters; none where there are none. */
  public Optional<Projection> head() {
    return classes() == 0
        ? Optional.empty()
        : Optional.of(
            new Projection(
                layers,
                architecture.tensors(this).following().size(),
                Architecture.HEAD,
                hiddenSize,
                classes()));
  }

  /** Whether files hold its linear modules' weights as [in, out]. */
  public boolean storesTransposed() {
    return architecture.storesTransposed();
  }
}
