package io.espalier.worker.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.espalier.common.AbsentHere;
import io.espalier.common.UserError;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Walks a file of JSON values, UTF-8: one a line with blank lines passed over, or all in one array.
 */
final class JsonRows {
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build()
          .readerFor(JsonNode.class);

  /** An element is followed by others, and a key that it has twice is no reason to lose them. */
  private static final ObjectReader ELEMENTS =
      JsonMapper.builder().build().readerFor(JsonNode.class);

  private static final ObjectReader ELEMENT =
      ELEMENTS.with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  private JsonRows() {}

  /** Told of each value in turn. */
  interface Visitor {
    /**
     * @param place in the file: {@code file:line}, and which element where it is one array
     */
    void row(String place, Written row);
  }

  /** A value not yet looked into. */
  interface Written {
    JsonNode json() throws BadRow;
  }

  private record Line(byte[] bytes) implements Written {
    @Override
    public JsonNode json() throws BadRow {
      try {
        return JSON.readValue(text());
      } catch (JsonProcessingException e) {
        String problem = e.getOriginalMessage().lines().findFirst().orElse("");
        throw new BadRow(
            "not one whole JSON object (column %d: %s)"
                .formatted(e.getLocation() == null ? 1 : e.getLocation().getColumnNr(), problem));
      }
    }

    private String text() throws BadRow {
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException e) {
        throw new BadRow("not UTF-8 text; save the file as UTF-8 (iconv -t UTF-8)");
      }
    }

    private boolean isBlank() {
      for (byte b : bytes) {
        if (!Character.isWhitespace(b)) {
          return false;
        }
      }
      return true;
    }
  }

  private record Element(TokenBuffer tokens) implements Written {
    @Override
    public JsonNode json() throws BadRow {
      try (JsonParser parser = tokens.asParser()) {
        return ELEMENT.readTree(parser);
      } catch (JsonProcessingException e) {
        throw new BadRow(
            "not one whole JSON object (%s)"
                .formatted(e.getOriginalMessage().lines().findFirst().orElse("")));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * @param key of the spec that names the file, for errors
   * @throws UserError when the file cannot be read
   */
  static void visit(String key, Path file, Visitor visitor) {
    if (Files.isDirectory(file)) {
      throw new UserError(
          "%s: %s is a directory; give the path of a file of JSON rows".formatted(key, file));
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      skipByteOrderMark(in);
      if (startsArray(in)) {
        visitElements(file, in, visitor);
      } else {
        visitLines(file, in, visitor);
      }
    } catch (NoSuchFileException e) {
      throw new AbsentHere(
          "%s: %s does not exist on this worker; give the path of a file of JSON rows"
              .formatted(key, file),
          e);
    } catch (IOException e) {
      throw new UserError("%s: %s cannot be read: %s".formatted(key, file, e.getMessage()), e);
    }
  }

  private static void visitLines(Path file, InputStream in, Visitor visitor) throws IOException {
    var bytes = new ByteArrayOutputStream();
    int number = 1;
    for (int b = in.read(); ; b = in.read()) {
      if (b != '\n' && b >= 0) {
        bytes.write(b);
        continue;
      }
      var line = new Line(bytes.toByteArray());
      bytes.reset();
      if (!line.isBlank()) {
        visitor.row("%s:%d".formatted(file, number), line);
      }
      if (b < 0) {
        return;
      }
      number++;
    }
  }

  /** What is no JSON ends the reading: where the next element begins cannot be known then. */
  private static void visitElements(Path file, InputStream in, Visitor visitor) throws IOException {
    try (JsonParser parser = ELEMENTS.createParser(in)) {
      parser.nextToken();
      int element = 1;
      for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
        String place = "%s:%d (element %d)".formatted(file, line(parser), element++);
        var tokens = new TokenBuffer(parser);
        tokens.copyCurrentStructure(parser);
        visitor.row(place, new Element(tokens));
      }
      if (parser.nextToken() != null) {
        throw new UserError(
            "%s:%d: something follows the JSON array; put all rows into it, or one a line without it"
                .formatted(file, line(parser)));
      }
    } catch (JsonProcessingException e) {
      throw new UserError(
          "%s:%d: the JSON array breaks off here: %s; mend it"
              .formatted(
                  file,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("")),
          e);
    }
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  private static void skipByteOrderMark(InputStream in) throws IOException {
    byte[] mark = String.valueOf(BYTE_ORDER_MARK).getBytes(StandardCharsets.UTF_8);
    in.mark(mark.length);
    if (!Arrays.equals(in.readNBytes(mark.length), mark)) {
      in.reset();
    }
  }

  private static boolean startsArray(InputStream in) throws IOException {
    in.mark(1 << 16);
    int b = in.read();
    while (b >= 0 && Character.isWhitespace(b)) {
      b = in.read();
    }
    in.reset();
    return b == '[';
  }
}
