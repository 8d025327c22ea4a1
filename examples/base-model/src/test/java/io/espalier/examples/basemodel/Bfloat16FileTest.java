package io.espalier.examples.basemodel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Bfloat16FileTest {
  @TempDir private Path directory;

  @Test
  void values_are_rounded_to_the_nearest_and_ties_to_even() {
    assertThat(Bfloat16File.bfloat16(1f)).isEqualTo((short) 0x3f80);
    assertThat(Bfloat16File.bfloat16(Float.intBitsToFloat(0x3f808000))).isEqualTo((short) 0x3f80);
    assertThat(Bfloat16File.bfloat16(Float.intBitsToFloat(0x3f808001))).isEqualTo((short) 0x3f81);
    assertThat(Bfloat16File.bfloat16(Float.intBitsToFloat(0x3f818000))).isEqualTo((short) 0x3f82);
    assertThat(Bfloat16File.bfloat16(-2f)).isEqualTo((short) 0xc000);
  }

  @Test
  void the_header_says_where_each_tensor_lies() throws IOException {
    Path file = directory.resolve("model.safetensors");
    Bfloat16File.write(
        file,
        List.of(
            new Weight("a", new int[] {1, 3}, new float[] {1, 2, 3}),
            new Weight("b", new int[] {2}, new float[] {0.5f, -1})));
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    var text = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(text);
    JsonNode header = new ObjectMapper().readTree(new String(text, StandardCharsets.UTF_8));
    assertThat(text.length % 8).isZero();
    assertThat(header.at("/a/data_offsets")).hasToString("[0,6]");
    assertThat(header.at("/a/shape")).hasToString("[1,3]");
    assertThat(header.at("/b/data_offsets")).hasToString("[6,10]");
    assertThat(header.at("/b/dtype").asText()).isEqualTo("BF16");
    assertThat(bytes.remaining()).isEqualTo(10);
    assertThat(bytes.getShort(bytes.position() + 8)).isEqualTo((short) 0xbf80);
  }
}
