package io.espalier.worker.evaluate;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * For bench/: writes the logits of every token of some rows, as little-endian float32, by the
 * engine with an exported adapter. Arguments: model, adapter, rows (JSONL with input_ids), output.
 */
final class AdapterLogits {
  private AdapterLogits() {}

  public static void main(String[] arguments) throws IOException {
    Libtorch.prepareThread();
    try (BaseModel model = BaseModel.load(Path.of(arguments[0]), Device.cpu());
        NDManager scope = model.newScope();
        OutputStream out = Files.newOutputStream(Path.of(arguments[3]))) {
      var adapter = PeftFormat.read(Path.of(arguments[1]), model.config());
      var evaluator = new Evaluator(TrainedState.of(scope, model, Optional.of(adapter)));
      var mapper = new ObjectMapper();
      for (String line : Files.readAllLines(Path.of(arguments[2]))) {
        JsonNode ids = mapper.readTree(line).get("input_ids");
        int[] tokens =
            StreamSupport.stream(ids.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
        float[] logits = evaluator.logits(new TokenRow(tokens, tokens));
        var bytes = ByteBuffer.allocate(4 * logits.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(logits);
        out.write(bytes.array());
      }
    }
  }
}
