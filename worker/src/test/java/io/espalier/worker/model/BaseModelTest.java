package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
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
import java.util.Random;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaseModelTest {
  private final Path source = Golden.path("models/qwen2_tiny");
  @TempDir Path directory;

  private static float[] weights(Path model) {
    try (BaseModel loaded = BaseModel.load(model, Device.cpu());
        NDManager scope = loaded.newScope()) {
      return loaded.flatWeights(scope).toFloatArray();
    }
  }

  @Test
  void float32_is_rounded_to_the_nearest_bfloat16_and_ties_to_even() {
    float[] wide = weights(source);
    ModelConfig config = ModelConfig.read(source);
    try (BaseModel narrow = BaseModel.load(source, config, Precision.BFLOAT16, Device.cpu());
        NDManager scope = narrow.newScope()) {
      float[] expected = new float[wide.length];
      for (int i = 0; i < wide.length; i++) {
        int bits = Float.floatToRawIntBits(wide[i]);
        int even = 0x7FFF + (bits >>> 16 & 1);
        expected[i] = Float.intBitsToFloat(bits + even & 0xFFFF0000);
      }
      assertThat(narrow.flatWeights(scope).toFloatArray()).isEqualTo(expected);
    }
  }

  /** 1.5, -2 and 2^-7 are exact in both types: float16 3E00 C000 2000, bfloat16 3FC0 C000 3C00. */
  @ParameterizedTest
  @CsvSource({"F16, 3E00, C000, 2000", "BF16, 3FC0, C000, 3C00"})
  void weights_of_sixteen_bits_are_widened(String type, String a, String b, String c)
      throws IOException {
    short[] cycle = {
      (short) Integer.parseInt(a, 16),
      (short) Integer.parseInt(b, 16),
      (short) Integer.parseInt(c, 16)
    };
    Safetensors original = Safetensors.ofModel(source);
    var header = new StringJoiner(",", "{", "}");
    var body = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    original
        .shapes()
        .forEach(
            (name, shape) -> {
              int start = body.position();
              long size = 1;
              for (long side : shape) {
                size *= side;
              }
              for (int i = 0; i < size; i++) {
                body.putShort(cycle[i % 3]);
              }
              header.add(
                  "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                      .formatted(
                          name, type, java.util.Arrays.toString(shape), start, body.position()));
            });
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + body.position()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json).put(body.array(), 0, body.position());
    Files.write(directory.resolve("model.safetensors"), file.array());
    Files.copy(source.resolve("config.json"), directory.resolve("config.json"));

    float[] loaded = weights(directory);

    assertThat(loaded).hasSize(90_688);
    assertThat(loaded[0]).isEqualTo(1.5f);
    assertThat(loaded[1]).isEqualTo(-2f);
    assertThat(loaded[2]).isEqualTo(0x1p-7f);
    for (float value : loaded) {
      assertThat(value == 1.5f || value == -2f || value == 0x1p-7f).isTrue();
    }
  }

  @Test
  void a_model_lacking_a_tensor_is_refused_by_its_name() throws IOException {
    Safetensors original = Safetensors.ofModel(source);
    List<Safetensors.Tensor> kept = new ArrayList<>();
    original
        .shapes()
        .forEach(
            (name, shape) -> {
              if (!name.equals("model.layers.1.mlp.up_proj.weight")) {
                FloatBuffer values = original.floats(name, shape);
                kept.add(new Safetensors.Tensor(name, shape, values));
              }
            });
    Safetensors.write(directory.resolve("model.safetensors"), kept);
    Files.copy(source.resolve("config.json"), directory.resolve("config.json"));

    assertThatThrownBy(() -> BaseModel.load(directory, Device.cpu()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("model.layers.1.mlp.up_proj.weight [128, 64]");
  }

  @Test
  void weights_stored_the_other_way_round_are_turned_back_when_written() throws IOException {
    Path gpt2 = Golden.path("models/gpt2_tiny");
    try (BaseModel model = BaseModel.load(gpt2, Device.cpu());
        NDManager scope = model.newScope()) {
      ModelDirectory.write(directory, model, model.flatWeights(scope).toFloatArray());
    }

    Safetensors written = Safetensors.ofModel(directory);
    Safetensors original = Safetensors.ofModel(gpt2);
    assertThat(written.names()).isEqualTo(original.names());
    original
        .shapes()
        .forEach(
            (name, shape) ->
                assertThat(written.floats(name, shape)).isEqualTo(original.floats(name, shape)));
  }

  @Test
  void a_file_of_the_models_body_alone_is_read() throws IOException {
    Path gpt2 = Golden.path("models/gpt2_tiny");
    Safetensors original = Safetensors.ofModel(gpt2);
    List<Safetensors.Tensor> bare = new ArrayList<>();
    original
        .shapes()
        .forEach(
            (name, shape) ->
                bare.add(
                    new Safetensors.Tensor(
                        name.substring("transformer.".length()),
                        shape,
                        original.floats(name, shape))));
    Safetensors.write(directory.resolve("model.safetensors"), bare);
    Files.copy(gpt2.resolve("config.json"), directory.resolve("config.json"));

    assertThat(weights(directory)).isEqualTo(weights(gpt2));
  }

  @Test
  void shards_give_the_weights_of_one_file() throws IOException {
    Safetensors original = Safetensors.ofModel(source);
    var map = new StringJoiner(",", "{\"weight_map\":{", "}}");
    for (String name : original.names()) {
      String shard = "model-%d.safetensors".formatted(Math.floorMod(name.hashCode(), 3));
      map.add("\"%s\":\"%s\"".formatted(name, shard));
    }
    for (int i = 0; i < 3; i++) {
      int shard = i;
      List<Safetensors.Tensor> part = new ArrayList<>();
      original.shapes().entrySet().stream()
          .filter(each -> Math.floorMod(each.getKey().hashCode(), 3) == shard)
          .forEach(
              each ->
                  part.add(
                      new Safetensors.Tensor(
                          each.getKey(),
                          each.getValue(),
                          original.floats(each.getKey(), each.getValue()))));
      Safetensors.write(directory.resolve("model-%d.safetensors".formatted(i)), part);
    }
    Files.writeString(directory.resolve("model.safetensors.index.json"), map.toString());
    Files.copy(source.resolve("config.json"), directory.resolve("config.json"));

    assertThat(weights(directory)).isEqualTo(weights(source));
  }

  @Test
  void a_weight_larger_than_what_is_read_at_a_time_is_whole() throws IOException {
    String tiny = Files.readString(source.resolve("config.json"));
    String large = tiny.replaceFirst("\"vocab_size\": \\d+", "\"vocab_size\": 300000");
    Files.writeString(directory.resolve("config.json"), large);
    RandomWeights.write(directory, new Random(7));
    Safetensors stored = Safetensors.ofModel(directory);
    WeightLayout.Entry embedding =
        WeightLayout.of(ModelConfig.read(directory)).entries().stream()
            .filter(entry -> entry.name().equals("model.embed_tokens.weight"))
            .findFirst()
            .orElseThrow();
    assertThat(4 * embedding.size()).isGreaterThan(BaseModel.LARGEST_PART);

    float[] loaded = weights(directory);

    FloatBuffer rows = stored.floats(embedding.name(), embedding.storedShape());
    int start = Math.toIntExact(embedding.offset());
    assertThat(FloatBuffer.wrap(loaded, start, rows.remaining()).mismatch(rows)).isEqualTo(-1);
  }

  @Test
  void weights_are_those_of_the_file_in_the_layouts_places() {
    float[] flat = weights(source);
    Safetensors stored = Safetensors.ofModel(source);
    WeightLayout layout = WeightLayout.of(ModelConfig.read(source));
    assertThat(layout.parameters()).isEqualTo(flat.length);
    for (WeightLayout.Entry entry : layout.entries()) {
      if (entry.present()) {
        assertThat(flat[(int) entry.offset()])
            .isEqualTo(stored.floats(entry.name(), entry.storedShape()).get(0));
      }
    }
  }
}
