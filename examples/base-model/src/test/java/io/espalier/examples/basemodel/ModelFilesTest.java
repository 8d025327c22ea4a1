package io.espalier.examples.basemodel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.espalier.examples.basemodel.tokenizer.BpeTrainer;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.Message;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written here is what the engine reads. */
class ModelFilesTest {
  private static final ModelShape SHAPE = new ModelShape(270, 16, 24, 2, 2, 1);

  @TempDir private Path directory;

  @BeforeEach
  void write() throws IOException {
    var vocabulary =
        BpeTrainer.train(
            List.of("system user assistant hello"), SHAPE.vocabulary(), ModelDirectory.SPECIAL);
    new ModelDirectory(directory).writeConfigs(SHAPE, vocabulary);
    Bfloat16File.write(directory.resolve("model.safetensors"), RandomWeights.draw(SHAPE, 7));
  }

  @Test
  void the_engine_loads_the_weights_as_they_were_rounded() {
    var expected = new float[Math.toIntExact(SHAPE.parameters())];
    int at = 0;
    for (Weight weight : RandomWeights.draw(SHAPE, 7)) {
      for (float value : weight.values()) {
        expected[at++] = Float.intBitsToFloat(Bfloat16File.bfloat16(value) << 16);
      }
    }
    try (BaseModel model = BaseModel.load(directory, Device.cpu());
        NDManager scope = model.newScope()) {
      float[] loaded = model.flatWeights(scope).toFloatArray();
      // The engine orders weights in its own way.
      Arrays.sort(expected);
      Arrays.sort(loaded);
      assertThat(loaded).containsExactly(expected);
      assertThat(model.config().endTokens()).containsExactly(269, 267);
    }
  }

  @Test
  void only_the_answer_and_the_end_of_its_turn_are_targets() {
    try (ChatTokenizer tokenizer = ChatTokenizer.open(directory).orElseThrow()) {
      var question = Message.user("hello?");
      TokenRow row = tokenizer.encode(List.of(question, Message.assistant("hello")));
      int[] prompt = tokenizer.prompt(List.of(question));
      assertThat(Arrays.copyOf(row.inputIds(), prompt.length)).containsExactly(prompt);
      int[] targets =
          IntStream.of(row.labels()).filter(label -> label != TokenRow.IGNORED).toArray();
      assertThat(tokenizer.decode(targets)).isEqualTo("hello");
      assertThat(targets).endsWith(269);
    }
  }
}
