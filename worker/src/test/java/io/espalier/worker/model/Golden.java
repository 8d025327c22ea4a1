package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TokenRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The reference numbers under {@code golden/}; see its README for where they come from. */
public final class Golden {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Golden() {}

  public static Path path(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(Golden.class.getResource("/golden/" + name), name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static JsonNode json(String name) {
    try {
      return JSON.readTree(path(name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  /** The rows of {@code inputs/<model>.json}. */
  public static List<TokenRow> rows(String model) {
    var rows = new ArrayList<TokenRow>();
    for (JsonNode sample : json("inputs/" + model + ".json").get("samples")) {
      rows.add(new TokenRow(ints(sample.get("input_ids")), ints(sample.get("labels"))));
    }
    return rows;
  }

  public static float[] floats(Path file, String name) {
    Safetensors tensors = Safetensors.ofFile(file);
    FloatBuffer buffer = tensors.floats(name, tensors.shapes().get(name));
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }
}
