package io.espalier.deploy.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What training gave, read from exported metric rows; times and rates are left out. */
final class TrialNumbers {
  private static final List<String> COLUMNS =
      List.of("update", "train_loss", "learning_rate", "grad_norm", "value");

  private static final ObjectMapper JSON = new ObjectMapper();

  private TrialNumbers() {}

  /** Exported JSON lines. */
  static List<JsonNode> rows(String jsonLines) {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : jsonLines.lines().toList()) {
      try {
        rows.add(JSON.readTree(line));
      } catch (JsonProcessingException e) {
        throw new AssertionError("no JSON: " + line, e);
      }
    }
    return rows;
  }

  /** All numbers of each trial, in the order of its rows. */
  static Map<Integer, List<Double>> of(List<JsonNode> rows) {
    Map<Integer, List<Double>> numbers = new TreeMap<>();
    for (JsonNode row : rows) {
      List<Double> trial = numbers.computeIfAbsent(trial(row), number -> new ArrayList<>());
      for (String column : COLUMNS) {
        if (row.has(column)) {
          trial.add(row.get(column).asDouble());
        }
      }
    }
    return numbers;
  }

  /** The updates each trial has rows of, in the order of its rows. */
  static Map<Integer, List<Long>> updates(List<JsonNode> rows) {
    Map<Integer, List<Long>> updates = new TreeMap<>();
    for (JsonNode row : rows) {
      if (row.has("train_loss")) {
        updates
            .computeIfAbsent(trial(row), number -> new ArrayList<>())
            .add(row.get("update").asLong());
      }
    }
    return updates;
  }

  private static int trial(JsonNode row) {
    return row.get("trial").asInt();
  }
}
