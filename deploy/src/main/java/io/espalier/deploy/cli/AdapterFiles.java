package io.espalier.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What an adapter's files say. */
final class AdapterFiles {
  static final String CONFIG = "adapter_config.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private AdapterFiles() {}

  /** The directory of the model it was trained on; empty where the adapter does not say. */
  static Optional<String> baseModel(Path adapter) {
    try {
      return baseModel(Files.readString(adapter.resolve(CONFIG)));
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  /**
   * @param config the text of {@link #CONFIG}
   */
  static Optional<String> baseModel(String config) {
    try {
      return Optional.ofNullable(JSON.readTree(config).get("base_model_name_or_path"))
          .filter(name -> name.isTextual())
          .map(name -> name.asText());
    } catch (JsonProcessingException broken) {
      return Optional.empty();
    }
  }
}
