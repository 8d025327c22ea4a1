package io.espalier.worker.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.espalier.common.UserError;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What a base model's files tell without loading it.
 *
 * @param sha256 over names, sizes and contents of {@code *.safetensors}, {@code config.json} and
 *     {@code tokenizer.json}, in the names' order
 * @param parameters numbers in all tensors of the safetensors files
 * @param vocabularySize of config.json, when given
 * @param classes that the model puts rows in
 */
public record ModelFingerprint(
    String sha256, long parameters, OptionalInt vocabularySize, ClassNames classes) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEIGHTS = ".safetensors";
  private static final String CONFIG = "config.json";

  /** The safetensors format's own limit for its header. */
  private static final long LONGEST_HEADER = 100_000_000;

  /**
   * Reads every byte of the files, one to ten seconds for each gigabyte, unless a process of this
   * user did so before and they have not changed.
   *
   * @throws UserError when the directory holds no weights or a file is broken
   */
  public static ModelFingerprint of(Path directory) {
    return of(directory, KeptHashes.ofUser());
  }

  static ModelFingerprint of(Path directory, KeptHashes kept) {
    try {
      List<Path> files = files(directory);
      long parameters = 0;
      for (Path file : files) {
        if (file.toString().endsWith(WEIGHTS)) {
          parameters += parameters(file);
        }
      }
      JsonNode config = config(directory);
      JsonNode vocabulary = config.path("vocab_size");
      return new ModelFingerprint(
          kept.sha256(files, () -> sha256(files)),
          parameters,
          vocabulary.isInt() ? OptionalInt.of(vocabulary.intValue()) : OptionalInt.empty(),
          ClassNames.of(config, directory.resolve(CONFIG)));
    } catch (JsonProcessingException e) {
      throw new UserError(
          "model %s: not valid JSON: %s; copy the model again"
              .formatted(directory, e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new UserError("model %s cannot be read: %s".formatted(directory, e), e);
    }
  }

  private static String sha256(List<Path> files) throws IOException {
    var digest = new Sha256();
    for (Path file : files) {
      digest.add(file.getFileName().toString());
      digest.add(Files.size(file));
      try (InputStream in = Files.newInputStream(file)) {
        digest.add(in);
      }
    }
    return digest.hex();
  }

  /**
   * The same with an adapter on the model.
   *
   * @throws UserError when its files cannot be read
   */
  public ModelFingerprint with(Path adapter) {
    var digest = new Sha256();
    digest.add(sha256);
    try {
      for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
        digest.add(Files.size(adapter.resolve(name)));
        try (InputStream in = Files.newInputStream(adapter.resolve(name))) {
          digest.add(in);
        }
      }
    } catch (IOException e) {
      throw new UserError(
          "training.init_adapter: %s cannot be read on this worker: %s; give the directory of an adapter in PEFT's layout"
              .formatted(adapter, e),
          e);
    }
    return new ModelFingerprint(digest.hex(), parameters, vocabularySize, classes);
  }

  private static List<Path> files(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new UserError(
          "model: %s is no directory on this worker; give a HuggingFace model directory"
              .formatted(directory));
    }
    var files = new ArrayList<Path>();
    try (Stream<Path> listed = Files.list(directory)) {
      listed.filter(file -> file.toString().endsWith(WEIGHTS)).sorted().forEach(files::add);
    }
    if (files.isEmpty()) {
      throw new UserError(
          "model: %s holds no *.safetensors file; weights in other formats are not read"
              .formatted(directory));
    }
    for (String name : new String[] {CONFIG, "tokenizer.json"}) {
      Path file = directory.resolve(name);
      if (Files.exists(file)) {
        files.add(file);
      }
    }
    return files;
  }

  private static long parameters(Path file) throws IOException {
    try (var in = new DataInputStream(Files.newInputStream(file))) {
      long length = Files.size(file) < Long.BYTES ? 0 : Long.reverseBytes(in.readLong());
      if (length < 2 || length > Math.min(LONGEST_HEADER, Files.size(file) - Long.BYTES)) {
        throw new UserError(
            "%s: the safetensors header of %d bytes does not fit the file; copy it again"
                .formatted(file, length));
      }
      byte[] header = in.readNBytes((int) length);
      long parameters = 0;
      for (JsonNode tensor : JSON.readTree(new String(header, StandardCharsets.UTF_8))) {
        if (tensor.has("shape")) {
          long numbers = 1;
          for (JsonNode size : tensor.get("shape")) {
            numbers = Math.multiplyExact(numbers, size.longValue());
          }
          parameters += numbers;
        }
      }
      return parameters;
    }
  }

  private static JsonNode config(Path directory) throws IOException {
    Path config = directory.resolve(CONFIG);
    return Files.exists(config)
        ? JSON.readTree(Files.readString(config))
        : MissingNode.getInstance();
  }
}
