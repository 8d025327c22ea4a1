package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCopyTest {
  private static final Path QWEN2 = Golden.path("models/qwen2_tiny");
  private static final Path GPT2 = Golden.path("models/gpt2_tiny");
  private static final String CHANGED = "model.layers.0.mlp.down_proj.weight";

  @TempDir Path directory;
  private Path source;
  private Path copy;

  @BeforeEach
  void make() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    copy = Files.createDirectory(directory.resolve("copy"));
  }

  @Test
  void without_a_change_it_is_the_same_model() throws IOException {
    ModelCopy.of(QWEN2, ModelConfig.read(QWEN2)).write(copy);

    for (String name : List.of("model.safetensors", "config.json", "generation_config.json")) {
      assertThat(copy.resolve(name)).hasSameBinaryContentAs(QWEN2.resolve(name));
    }
  }

  @Test
  void of_a_model_in_shards_only_the_numbers_that_change_are_others() throws IOException {
    shards();
    ModelCopy model = ModelCopy.of(source, ModelConfig.read(source));
    long[] shape = Safetensors.ofModel(source).shapes().get(CHANGED);
    model.change(CHANGED, shape, () -> (row, values) -> values[1] += row);

    model.write(copy);

    Safetensors before = Safetensors.ofModel(source);
    Safetensors after = Safetensors.ofModel(copy);
    for (String name : before.names()) {
      FloatBuffer one = before.floats(name, before.shapes().get(name));
      FloatBuffer two = after.floats(name, before.shapes().get(name));
      for (int at = 0; at < one.capacity(); at++) {
        boolean here = name.equals(CHANGED) && at % shape[1] == 1;
        double expected = here ? (double) one.get(at) + at / shape[1] : one.get(at);
        assertThat(two.get(at)).as(name).isEqualTo((float) expected);
      }
    }
    try (Stream<Path> files = Files.list(source)) {
      assertThat(files)
          .hasSize(5)
          .filteredOn(file -> !file.endsWith("model-00001-of-00002.safetensors"))
          .allSatisfy(
              file -> assertThat(copy.resolve(file.getFileName())).hasSameBinaryContentAs(file));
    }
  }

  private void shards() throws IOException {
    Safetensors whole = Safetensors.ofModel(QWEN2);
    var tensors = new ArrayList<Safetensors.Tensor>();
    whole
        .shapes()
        .forEach(
            (name, shape) ->
                tensors.add(new Safetensors.Tensor(name, shape, whole.floats(name, shape))));
    ObjectNode index = new ObjectMapper().createObjectNode();
    ObjectNode map = index.putObject("weight_map");
    int half = whole.names().indexOf(CHANGED) + 2;
    for (int shard = 1; shard <= 2; shard++) {
      String file = "model-0000%d-of-00002.safetensors".formatted(shard);
      var part = shard == 1 ? tensors.subList(0, half) : tensors.subList(half, tensors.size());
      part.forEach(tensor -> map.put(tensor.name(), file));
      Safetensors.write(source.resolve(file), part);
    }
    Files.writeString(source.resolve("model.safetensors.index.json"), index.toPrettyString());
    for (String name : List.of("config.json", "generation_config.json")) {
      Files.copy(QWEN2.resolve(name), source.resolve(name));
    }
  }

  /** A third of 1, 1 and 256: 3555 and 5955 in float16, 3EAB and 42AB in bfloat16. */
  @ParameterizedTest
  @CsvSource({
    "F16, 3C00, 5C00, 3555, 5555",
    "BF16, 3F80, 4380, 3EAB, 42AB",
  })
  void sixteen_bits_stay_sixteen_bits_rounded_once(
      String type, String one, String large, String third, String large3) throws IOException {
    file(type, bits(one), bits(large));
    ModelCopy model = ModelCopy.of(source, ModelConfig.read(QWEN2));
    model.change("a", new long[] {1, 2}, () -> (row, values) -> divide(values, 3));

    model.write(copy);

    byte[] before = Files.readAllBytes(source.resolve("model.safetensors"));
    ByteBuffer expected = ByteBuffer.wrap(before).order(ByteOrder.LITTLE_ENDIAN);
    expected.putShort(before.length - 12, bits(third)).putShort(before.length - 10, bits(large3));
    assertThat(copy.resolve("model.safetensors")).hasBinaryContent(before);
  }

  private static short bits(String hexadecimal) {
    return (short) Integer.parseInt(hexadecimal, 16);
  }

  private static void divide(double[] values, double by) {
    for (int i = 0; i < values.length; i++) {
      values[i] /= by;
    }
  }

  /** Two numbers of 16 bits, then a tensor of a type that is not read. */
  private void file(String type, short first, short second) throws IOException {
    byte[] header =
        """
        {"__metadata__":{"by":"a test"},"a":{"dtype":"%s","shape":[1,2],"data_offsets":[0,4]},
        "b":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}"""
            .formatted(type)
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + header.length + 12)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .putShort(first)
            .putShort(second)
            .putLong(-5);
    Files.write(source.resolve("model.safetensors"), file.array());
  }

  @Test
  void a_number_too_large_for_its_format_is_refused_with_its_place() throws IOException {
    file("F16", bits("3C00"), bits("3C00"));
    ModelCopy model = ModelCopy.of(source, ModelConfig.read(QWEN2));
    model.change("a", new long[] {1, 2}, () -> (row, values) -> values[1] = 65_520);

    assertThatThrownBy(() -> model.write(copy))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a at row 0, column 1 would become 65520.0, which F16 does not hold");
  }

  @Test
  void a_tensor_of_a_type_that_is_not_read_cannot_be_changed() throws IOException {
    file("F16", bits("3C00"), bits("3C00"));
    ModelCopy model = ModelCopy.of(source, ModelConfig.read(QWEN2));

    assertThatThrownBy(() -> model.change("b", new long[] {1}, () -> (row, values) -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("b has dtype I64");
  }

  @Test
  void a_file_of_the_body_alone_keeps_its_names() throws IOException {
    Safetensors whole = Safetensors.ofModel(GPT2);
    var tensors = new ArrayList<Safetensors.Tensor>();
    whole
        .shapes()
        .forEach(
            (name, shape) ->
                tensors.add(
                    new Safetensors.Tensor(
                        name.replaceFirst("^transformer\\.", ""),
                        shape,
                        whole.floats(name, shape))));
    Safetensors.write(source.resolve("model.safetensors"), tensors);
    ModelCopy model = ModelCopy.of(source, ModelConfig.read(GPT2));
    long[] shape = whole.shapes().get("transformer.h.0.ln_1.bias");
    model.change("transformer.h.0.ln_1.bias", shape, () -> (row, values) -> values[0] = 9);

    model.write(copy);

    Safetensors after = Safetensors.ofModel(copy);
    assertThat(after.names()).isEqualTo(Safetensors.ofModel(source).names());
    assertThat(after.floats("h.0.ln_1.bias", shape).get(0)).isEqualTo(9);
    assertThat(Map.copyOf(after.shapes())).doesNotContainKey("transformer.h.0.ln_1.bias");
  }
}
