package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFingerprintTest {
  private static final String HEADER =
      """
      {"__metadata__":{"format":"pt"},\
      "a":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},\
      "b":{"dtype":"F32","shape":[5],"data_offsets":[48,68]}}""";

  @TempDir Path directory;

  @Test
  void weights_are_counted_over_all_files() throws IOException {
    safetensors("model-00001-of-00002.safetensors", HEADER, 68);
    safetensors("model-00002-of-00002.safetensors", HEADER, 68);
    Files.writeString(directory.resolve("config.json"), "{\"vocab_size\": 77}");
    var model = ModelFingerprint.of(directory);
    assertThat(model.parameters()).isEqualTo(34);
    assertThat(model.vocabularySize()).hasValue(77);
  }

  @Test
  void any_changed_file_that_matters_changes_the_hash() throws IOException {
    safetensors("model.safetensors", HEADER, 68);
    Files.writeString(directory.resolve("config.json"), "{}");
    String hash = ModelFingerprint.of(directory).sha256();
    assertThat(hash).matches("[0-9a-f]{64}");
    Files.writeString(directory.resolve("README.md"), "about");
    assertThat(ModelFingerprint.of(directory).sha256()).isEqualTo(hash);
    Files.writeString(directory.resolve("config.json"), "{ }");
    assertThat(ModelFingerprint.of(directory).sha256()).isNotEqualTo(hash);
    Files.writeString(directory.resolve("config.json"), "{}");
    safetensors("model.safetensors", HEADER.replace("pt", "np"), 68);
    assertThat(ModelFingerprint.of(directory).sha256()).isNotEqualTo(hash);
  }

  @Test
  void a_directory_without_safetensors_is_told() throws IOException {
    Files.writeString(directory.resolve("pytorch_model.bin"), "x");
    assertThatThrownBy(() -> ModelFingerprint.of(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(directory + " holds no *.safetensors file");
  }

  @Test
  void a_missing_directory_is_told() {
    assertThatThrownBy(() -> ModelFingerprint.of(directory.resolve("none")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("none is no directory");
  }

  @Test
  void a_header_longer_than_its_file_is_told() throws IOException {
    safetensors("model.safetensors", HEADER, 68);
    Path file = directory.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, 40));
    assertThatThrownBy(() -> ModelFingerprint.of(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining("copy it again");
    Files.write(file, new byte[] {1, 2, 3});
    assertThatThrownBy(() -> ModelFingerprint.of(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("model.safetensors");
  }

  private void safetensors(String name, String header, int bytes) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    var file = ByteBuffer.allocate(Long.BYTES + text.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    Files.write(directory.resolve(name), file.array());
  }
}
