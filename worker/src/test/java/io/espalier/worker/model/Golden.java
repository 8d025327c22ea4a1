package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TokenRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The reference numbers under {@code golden/}; see its README for where they come from. */
public final class Golden {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Golden() {}

  /** Of this repository's set, or of the one that {@code -Despalier.golden} names. */
  public static Path path(String name) {
    return root().resolve(name);
  }

  private static Path root() {
    String other = System.getProperty("espalier.golden", "");
    try {
      return other.isEmpty()
          ? Path.of(Objects.requireNonNull(Golden.class.getResource("/golden")).toURI())
          : Path.of(other);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Directories of a directory that hold a file, by name, {@code depth} levels below it. */
  public static List<String> holding(String directory, int depth, String file) {
    Path below = path(directory);
    try (Stream<Path> found = Files.walk(below, depth + 1)) {
      return found
          .filter(path -> path.getFileName().toString().equals(file))
          .map(path -> below.relativize(path.getParent()).toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files below a directory, by name, without their ending. */
  public static List<String> files(String directory, String ending) {
    Path below = path(directory);
    try (Stream<Path> found = Files.walk(below)) {
      return found
          .map(path -> below.relativize(path).toString())
          .filter(name -> name.endsWith(ending))
          .map(name -> name.substring(0, name.length() - ending.length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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

  /** What stands in a run's {@code run.json}. */
  public static JsonNode run(String name) {
    return json("runs/" + name + "/run.json");
  }

  /** The name of the model that a run or a forward case says it is of. */
  public static String model(JsonNode of) {
    return Path.of(of.get("model").asText()).getFileName().toString();
  }

  /** Whether a run trains biases: PEFT leaves them out of what it saves, so Espalier refuses it. */
  public static boolean trainsBiases(JsonNode run) {
    return !run.get("peft").path("bias").asText("none").equals("none");
  }

  /** The rows of {@code inputs/<model>.json}. */
  public static List<TokenRow> rows(String model) {
    var rows = new ArrayList<TokenRow>();
    for (JsonNode sample : json("inputs/" + model + ".json").get("samples")) {
      int[] ids = ints(sample.get("input_ids"));
      rows.add(
          sample.has("label")
              ? TokenRow.classified(ids, sample.get("label").asInt())
              : new TokenRow(ids, ints(sample.get("labels"))));
    }
    return rows;
  }

  /** The rows of a forward case, without their padding. */
  public static List<TokenRow> batch(JsonNode test) {
    var rows = new ArrayList<TokenRow>();
    for (int row = 0; row < test.get("input_ids").size(); row++) {
      int[] mask = ints(test.get("attention_mask").get(row));
      int first = firstToken(test.get("attention_mask").get(row));
      int end = first + Arrays.stream(mask).sum();
      int[] ids = Arrays.copyOfRange(ints(test.get("input_ids").get(row)), first, end);
      if (test.get("labels").get(row).isInt()) {
        rows.add(TokenRow.classified(ids, test.get("labels").get(row).asInt()));
        continue;
      }
      rows.add(
          new TokenRow(ids, Arrays.copyOfRange(ints(test.get("labels").get(row)), first, end)));
    }
    return rows;
  }

  /** Where a row begins that is padded on the left. */
  public static int firstToken(JsonNode mask) {
    int first = 0;
    while (mask.get(first).asInt() == 0) {
      first++;
    }
    return first;
  }

  public static float[] floats(Path file, String name) {
    Safetensors tensors = Safetensors.ofFile(file);
    FloatBuffer buffer = tensors.floats(name, tensors.shapes().get(name));
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }
}
