package io.espalier.worker.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Writes a whole model as a HuggingFace directory: float32 weights, config, tokenizer. */
public final class ModelDirectory {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> COPIED = List.of(".json", ".txt", ".model", ".jinja");

  private ModelDirectory() {}

  /**
   * @param flat all weights in the order of the model's layout [P]
   */
  public static void write(Path directory, BaseModel model, float[] flat) throws IOException {
    Files.createDirectories(directory);
    List<Safetensors.Tensor> tensors =
        model.layout().entries().stream()
            .filter(WeightLayout.Entry::present)
            .map(
                entry ->
                    new Safetensors.Tensor(entry.name(), entry.storedShape(), values(entry, flat)))
            .toList();
    DurableFiles.write(
        directory.resolve("model.safetensors"), file -> Safetensors.write(file, tensors));
    for (Path file : beside(model.directory())) {
      DurableFiles.write(directory.resolve(file.getFileName()), copy -> Files.copy(file, copy));
    }
    DurableFiles.write(directory.resolve("config.json"), config(model));
  }

  /** A model's files that are no weights: configuration, tokenizer, licence. */
  static List<Path> beside(Path model) throws IOException {
    try (Stream<Path> files = Files.list(model)) {
      return files.filter(ModelDirectory::copied).sorted().toList();
    }
  }

  /** A tensor's numbers in the order of the file. */
  private static FloatBuffer values(WeightLayout.Entry entry, float[] flat) {
    int from = Math.toIntExact(entry.offset());
    int size = Math.toIntExact(entry.size());
    if (!entry.transposed()) {
      return FloatBuffer.wrap(flat, from, size);
    }
    int rows = Math.toIntExact(entry.shape()[0]);
    int columns = Math.toIntExact(entry.shape()[1]);
    float[] turned = new float[size];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = flat[from + row * columns + column];
      }
    }
    return FloatBuffer.wrap(turned);
  }

  private static boolean copied(Path file) {
    String name = file.getFileName().toString();
    return Files.isRegularFile(file)
        && !name.endsWith(".index.json")
        && (COPIED.stream().anyMatch(name::endsWith) || name.equals("LICENSE"));
  }

  /** The base model's config, its dtype being that of the weights written. */
  private static String config(BaseModel model) throws IOException {
    ObjectNode config =
        (ObjectNode) JSON.readTree(model.directory().resolve("config.json").toFile());
    config.put(config.has("dtype") ? "dtype" : "torch_dtype", "float32");
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config);
  }
}
