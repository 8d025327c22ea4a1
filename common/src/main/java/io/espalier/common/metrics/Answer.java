package io.espalier.common.metrics;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.espalier.common.protocol.Lease;
import java.io.IOException;
import java.util.List;

/** What the coordinator answers to metric rows, per lease; JSON in the metadata of Flight. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "answer")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Answer.Stored.class, name = "stored"),
  @JsonSubTypes.Type(value = Answer.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = Answer.Resend.class, name = "resend")
})
public sealed interface Answer {
  Lease.Key lease();

  /** Rows up to and including this sequence are durable, their evaluations journaled. */
  record Stored(Lease.Key lease, long sequence) implements Answer {}

  /** The lease is not its branch's current attempt: its rows do not count. */
  record Refused(Lease.Key lease) implements Answer {}

  /** Rows are missing: none after the gap was taken; send again from this sequence. */
  record Resend(Lease.Key lease, long from) implements Answer {}

  /** {@code answers} as the bytes of a message. */
  static byte[] encode(List<? extends Answer> answers) {
    try {
      return AnswerJson.MAPPER.writerFor(AnswerJson.LIST).writeValueAsBytes(answers);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("answers are plain records", e);
    }
  }

  /**
   * Reads what {@link #encode} writes.
   *
   * @throws IOException when the bytes are something else
   */
  static List<Answer> decode(byte[] bytes) throws IOException {
    return AnswerJson.MAPPER.readValue(bytes, AnswerJson.LIST);
  }
}
