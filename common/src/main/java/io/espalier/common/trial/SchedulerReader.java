package io.espalier.common.trial;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import java.io.IOException;
import java.util.OptionalInt;

/** Reads schedules, also as they were first journaled: four types, the warm-up not apart. */
final class SchedulerReader extends StdDeserializer<Scheduler> {
  private static final long serialVersionUID = 1L;

  SchedulerReader() {
    super(Scheduler.class);
  }

  @Override
  public Scheduler deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    JsonNode node = context.readTree(parser);
    JsonNode steps = node.path("warmupSteps");
    var warmup =
        new Warmup(
            node.path("warmupRatio").asDouble(),
            steps.isNumber() ? OptionalInt.of(steps.asInt()) : OptionalInt.empty(),
            0);
    return switch (node.path("type").asText()) {
      case "CONSTANT" -> new Scheduler.Constant();
      case "CONSTANT_WITH_WARMUP" -> new Scheduler.ConstantWithWarmup(warmup);
      case "LINEAR" -> new Scheduler.Linear(warmup, Scheduler.Floor.ZERO);
      case "COSINE" -> new Scheduler.Cosine(warmup, Scheduler.Floor.ZERO);
      default -> context.readTreeAsValue(node, Scheduler.class);
    };
  }

  @Override
  public Object deserializeWithType(
      JsonParser parser, DeserializationContext context, TypeDeserializer type) throws IOException {
    return deserialize(parser, context);
  }
}
