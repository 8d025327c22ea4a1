package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path directory;

  private static byte[] file(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  @Test
  void what_is_written_is_read() throws IOException {
    Path file = directory.resolve("a.safetensors");
    Safetensors.write(
        file,
        List.of(
            new Safetensors.Tensor(
                "b", new long[] {2, 2}, FloatBuffer.wrap(new float[] {1, 2, 3, Float.NaN})),
            new Safetensors.Tensor(
                "a", new long[] {1}, FloatBuffer.wrap(new float[] {9, 4, 5}, 1, 1))));

    Safetensors read = Safetensors.ofFile(file);

    assertThat(read.names()).containsExactly("a", "b");
    assertThat(read.floats("a", 1).get(0)).isEqualTo(4f);
    float[] b = new float[4];
    read.floats("b", 2, 2).get(b);
    assertThat(b).containsExactly(1, 2, 3, Float.NaN);
  }

  @Test
  void a_file_of_pefts_is_written_byte_for_byte() throws IOException {
    Path golden =
        Golden.path("runs/qwen2_tiny/adamw_cosine_b4_a1/adapter_final/adapter_model.safetensors");
    Safetensors tensors = Safetensors.ofFile(golden);
    Path file = directory.resolve("copy.safetensors");

    Safetensors.write(
        file,
        tensors.shapes().entrySet().stream()
            .map(
                entry ->
                    new Safetensors.Tensor(
                        entry.getKey(),
                        entry.getValue(),
                        tensors.floats(entry.getKey(), entry.getValue())))
            .toList());

    assertThat(file).hasSameBinaryContentAs(golden);
  }

  @Test
  void a_tensor_of_another_type_is_refused_when_it_is_needed() throws IOException {
    Path file = directory.resolve("a.safetensors");
    String header =
        """
        {"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},
         "b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""";
    Files.write(file, file(header, 12));

    Safetensors read = Safetensors.ofFile(file);

    assertThat(read.floats("b", 1).get(0)).isZero();
    assertThatThrownBy(() -> read.floats("a", 1))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a has dtype I64; supported are F32, F16 and BF16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | 4 | cut short",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | 8 | 12 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | 8 | data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | 8 | shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483648,2147483648,8],\"data_offsets\":[0,8]}} | 8 | 2^63",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}} | 12 | overlapping",
        "[] | 0 | JSON object",
        "{\"a\" | 0 | cannot be read"
      })
  void a_broken_header_is_refused_with_file_and_reason(String header, int data, String reason)
      throws IOException {
    Path file = directory.resolve("broken.safetensors");
    Files.write(file, file(header, data));

    assertThatThrownBy(() -> Safetensors.ofFile(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(reason);
  }

  @Test
  void a_header_longer_than_the_file_is_refused_with_both_numbers() throws IOException {
    Path file = directory.resolve("broken.safetensors");
    Files.write(file, new byte[] {99, 0, 0, 0, 0, 0, 0, 0, '{', '}'});

    assertThatThrownBy(() -> Safetensors.ofFile(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("99")
        .hasMessageContaining("10");
  }

  @Property(tries = 300)
  void a_damaged_file_gives_a_user_error_or_reads(@ForAll int at, @ForAll byte value)
      throws IOException {
    byte[] good = file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
    good[Math.floorMod(at, good.length)] = value;
    Path file = Files.createTempFile("damaged", ".safetensors");
    try {
      Files.write(file, good);
      assertThat(Safetensors.ofFile(file).names()).hasSizeLessThan(3);
    } catch (UserError e) {
      assertThat(e).hasMessageContaining(file.toString());
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void a_missing_and_a_misshaped_tensor_are_named_with_their_shapes() {
    Safetensors tensors = Safetensors.ofModel(Golden.path("models/qwen2_tiny"));

    assertThatThrownBy(() -> tensors.require("model.norm.bias", 64))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("model.norm.bias [64]");
    assertThatThrownBy(() -> tensors.require("model.norm.weight", 65))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("[64]")
        .hasMessageContaining("[65]");
  }

  @Test
  void shards_are_found_through_the_index() throws IOException {
    for (String name : List.of("x", "y")) {
      Safetensors.write(
          directory.resolve(name + ".safetensors"),
          List.of(new Safetensors.Tensor(name, new long[] {1}, FloatBuffer.wrap(new float[] {7}))));
    }
    Path index = directory.resolve("model.safetensors.index.json");
    Files.writeString(
        index, "{\"weight_map\": {\"x\": \"x.safetensors\", \"y\": \"y.safetensors\"}}");
    assertThat(Safetensors.ofModel(directory).names()).isEqualTo(Arrays.asList("x", "y"));

    Files.writeString(index, "{\"weight_map\": {\"x\": \"../x.safetensors\"}}");
    assertThatThrownBy(() -> Safetensors.ofModel(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("../x.safetensors");
  }
}
