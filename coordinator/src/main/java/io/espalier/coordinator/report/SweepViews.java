package io.espalier.coordinator.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.espalier.common.UserError;
import java.util.Optional;

/**
 * A sweep's view as JSON. Numbers that are not finite are the texts {@code "NaN"}, {@code
 * "Infinity"} and {@code "-Infinity"}; times are ISO 8601.
 */
public final class SweepViews {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          // A view written by a newer version is still shown.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private SweepViews() {}

  public static String toJson(SweepView view) {
    try {
      return JSON.writeValueAsString(view);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the view of " + view.id() + " cannot be written", e);
    }
  }

  /**
   * @param source the file or address it comes from, for the message
   * @throws UserError when it is no view of a sweep
   */
  public static SweepView fromJson(String json, String source) {
    try {
      return Optional.ofNullable(JSON.readValue(json, SweepView.class))
          .orElseThrow(() -> noView(source, "null", Optional.empty()));
    } catch (JsonProcessingException e) {
      throw noView(source, e.getOriginalMessage(), Optional.of(e));
    }
  }

  private static UserError noView(String source, String why, Optional<Exception> cause) {
    String message =
        "%s: holds no sweep (%s); expected what espalier wrote there; restore it from a copy"
            .formatted(source, why);
    return cause.map(c -> new UserError(message, c)).orElseGet(() -> new UserError(message));
  }
}
