package io.espalier.worker.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.common.UserError;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** Walks a file of one JSON value a line, UTF-8, blank lines passed over. */
final class JsonLines {
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build()
          .readerFor(JsonNode.class);

  private JsonLines() {}

  /** Told of each line in turn. */
  interface Visitor {
    /**
     * @param number of the line, from 1
     */
    void line(int number, Line line);
  }

  /** A line not yet looked into. */
  record Line(byte[] bytes) {
    JsonNode json() throws BadRow {
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

  /**
   * @param key of the spec that names the file, for errors
   * @throws UserError when the file cannot be read
   */
  static void visit(String key, Path file, Visitor visitor) {
    if (Files.isDirectory(file)) {
      throw new UserError(
          "%s: %s is a directory; give the path of a JSONL file".formatted(key, file));
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      skipByteOrderMark(in);
      refuseArray(key, file, in);
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
          visitor.line(number, line);
        }
        if (b < 0) {
          return;
        }
        number++;
      }
    } catch (NoSuchFileException e) {
      throw new UserError(
          "%s: %s does not exist on this worker; give the path of a JSONL file"
              .formatted(key, file),
          e);
    } catch (IOException e) {
      throw new UserError("%s: %s cannot be read: %s".formatted(key, file, e.getMessage()), e);
    }
  }

  private static void skipByteOrderMark(InputStream in) throws IOException {
    byte[] mark = String.valueOf(BYTE_ORDER_MARK).getBytes(StandardCharsets.UTF_8);
    in.mark(mark.length);
    if (!Arrays.equals(in.readNBytes(mark.length), mark)) {
      in.reset();
    }
  }

  private static void refuseArray(String key, Path file, InputStream in) throws IOException {
    in.mark(1 << 16);
    int b = in.read();
    while (b >= 0 && Character.isWhitespace(b)) {
      b = in.read();
    }
    if (b == '[') {
      throw new UserError(
          "%s: %s is one JSON array; write one object a line: jq -c '.[]' %s > rows.jsonl"
              .formatted(key, file, file.getFileName()));
    }
    in.reset();
  }
}
