package io.espalier.examples.basemodel;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.examples.basemodel.corpus.Exchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Dialogues as files of query and response, a JSON object a line. */
final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private JsonLines() {}

  static void write(Path file, List<Exchange> rows) throws IOException {
    var lines = new ArrayList<String>();
    for (Exchange row : rows) {
      ObjectNode line = JSON.createObjectNode();
      lines.add(
          JSON.writeValueAsString(line.put("query", row.query()).put("response", row.response())));
    }
    Files.write(file, lines);
  }

  static List<Exchange> read(Path file) throws IOException {
    var rows = new ArrayList<Exchange>();
    for (String line : Files.readAllLines(file)) {
      var row = JSON.readTree(line);
      rows.add(new Exchange(row.path("query").asText(), row.path("response").asText()));
    }
    return rows;
  }
}
