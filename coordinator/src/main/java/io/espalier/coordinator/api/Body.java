package io.espalier.coordinator.api;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.espalier.coordinator.api.Refused.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.StreamConverters;
import org.apache.pekko.util.ByteString;

/** The body of a request: foreign input, bounded. */
record Body(RequestEntity entity, Materializer materializer) {
  /** A JSON body. */
  static final long LARGEST_JSON = 1L << 20;

  /** An uploaded file. */
  static final long LARGEST_FILE = 64L << 20;

  /** So much is read to be refused: most clients see an answer only after all is sent. */
  private static final long READ_TO_ANSWER = 2 * LARGEST_FILE;

  static final String ADVICE =
      "A specification names its data, it does not hold it; files of up to 64 MiB go to PUT"
          + " /api/v1/files/<sha256>, larger ones where all nodes see them.";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Stricter than for views: a mistyped key must not be lost. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  /**
   * @param expected for the message when it is something else
   * @return fails with {@link Refused}
   */
  <T> CompletionStage<T> json(Class<T> type, String expected) {
    if (!entity.getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON)) {
      ignore();
      throw new Refused(
          Reason.WRONG_TYPE,
          "The body is %s; expected JSON with the header Content-Type: application/json."
              .formatted(entity.getContentType().mediaType()));
    }
    return within(LARGEST_JSON)
        .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
        .thenApply(bytes -> parse(bytes.toArray(), type, expected));
  }

  /** The bytes of an uploaded file; reading them fails when there are too many. */
  InputStream file() {
    return within(LARGEST_FILE).runWith(StreamConverters.asInputStream(PATIENCE), materializer);
  }

  void ignore() {
    entity.withSizeLimit(READ_TO_ANSWER).discardBytes(materializer);
  }

  /** Fails after the last byte when there were too many. */
  private Source<ByteString, ?> within(long largest) {
    var read = new AtomicLong();
    return entity
        .withSizeLimit(READ_TO_ANSWER)
        .getDataBytes()
        .filter(part -> read.addAndGet(part.size()) <= largest)
        .concatLazy(
            Source.lazySource(
                () ->
                    read.get() > largest
                        ? Source.failed(tooLarge(read.get(), largest))
                        : Source.empty()));
  }

  private static Refused tooLarge(long read, long largest) {
    return new Refused(
        Reason.TOO_LARGE,
        String.format(
            Locale.ROOT,
            "The body has %,d bytes; expected at most %,d. %s",
            read,
            largest,
            ADVICE));
  }

  private static <T> T parse(byte[] bytes, Class<T> type, String expected) {
    try {
      return Optional.ofNullable(JSON.readValue(bytes, type))
          .orElseThrow(() -> invalid("it is null", expected));
    } catch (UnrecognizedPropertyException e) {
      throw invalid("'%s' is no key of it".formatted(e.getPropertyName()), expected);
    } catch (JsonMappingException e) {
      String key = e.getPath().stream().map(Body::key).collect(Collectors.joining("."));
      throw invalid(
          key.isEmpty() ? "it is no object" : "'%s' is missing or no such value".formatted(key),
          expected);
    } catch (IOException e) {
      throw invalid("it is no JSON", expected);
    }
  }

  private static String key(JsonMappingException.Reference reference) {
    return Optional.ofNullable(reference.getFieldName())
        .orElseGet(() -> Integer.toString(reference.getIndex()));
  }

  private static Refused invalid(String why, String expected) {
    return new Refused(
        Reason.INVALID, "The body is not as expected: %s. Send %s".formatted(why, expected));
  }
}
