package io.espalier.common.metrics;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/** How answers are written. */
final class AnswerJson {
  static final ObjectMapper MAPPER = new ObjectMapper();
  static final TypeReference<List<Answer>> LIST = new TypeReference<>() {};

  private AnswerJson() {}
}
