package io.espalier.coordinator.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.espalier.common.UserError;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The views of this package as JSON, in files and over HTTP. Numbers that are not finite are the
 * texts {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}; times are ISO 8601; what is
 * absent is null.
 */
public final class ViewJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          // A view written by a newer version is still shown.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ViewJson() {}

  /** Indented, for people. */
  public static String write(Object view) {
    return write(JSON.writerWithDefaultPrettyPrinter(), view);
  }

  /** On one line, for streams. */
  public static String line(Object view) {
    return write(JSON.writer(), view);
  }

  /**
   * @param source the file or address it comes from, for the message
   * @throws UserError when it is no such view
   */
  public static <T> T read(String json, Class<T> type, String source) {
    return read(json, JSON.constructType(type), word(type), source);
  }

  /**
   * A JSON array of views.
   *
   * @param source the file or address it comes from, for the message
   * @throws UserError when it is none
   */
  public static <T> List<T> readList(String json, Class<T> type, String source) {
    JavaType list = JSON.getTypeFactory().constructCollectionType(List.class, type);
    return read(json, list, "list of " + word(type) + "s", source);
  }

  private static String write(ObjectWriter writer, Object view) {
    try {
      return writer.writeValueAsString(view);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(view.getClass() + " cannot be written as JSON", e);
    }
  }

  private static <T> T read(String json, JavaType type, String word, String source) {
    try {
      return Optional.ofNullable(JSON.<T>readValue(json, type))
          .orElseThrow(() -> new UserError(message(source, word, "null")));
    } catch (JsonProcessingException e) {
      throw new UserError(message(source, word, e.getOriginalMessage()), e);
    }
  }

  private static String message(String source, String word, String why) {
    return "%s: holds no %s (%s); expected what espalier wrote there; restore it from a copy"
        .formatted(source, word, why);
  }

  /** {@code SweepView} is a sweep, {@code LiveUpdate} a live update. */
  private static String word(Class<?> type) {
    return type.getSimpleName()
        .replaceAll("View$", "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .toLowerCase(Locale.ROOT);
  }
}
