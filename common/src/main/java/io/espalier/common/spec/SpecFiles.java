package io.espalier.common.spec;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The files a specification names: made absolute and, where they should be here, looked at before
 * anything starts.
 */
record SpecFiles(SpecTree tree, SpecSources sources) {

  /** As HuggingFace names models. */
  private static final Pattern MODEL_NAME =
      Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*");

  /**
   * The model's directory, or the name it has where workers look for models; meaningless when a
   * problem was noted.
   */
  Path model() {
    Optional<Path> path = path("model");
    if (path.isPresent()
        && !Files.exists(path.get())
        && tree.node("model").orElse(null) instanceof ScalarNode scalar
        && MODEL_NAME.matcher(scalar.getValue()).matches()) {
      return Path.of(scalar.getValue());
    }
    if (!sources.here()) {
      return path.orElse(sources.directory());
    }
    if (path.isPresent() && !Files.isDirectory(path.get())) {
      tree.problem(
          "model",
          "there is no directory %s; expected a HuggingFace model directory or a name such as Qwen/Qwen2.5-0.5B; correct the path"
              .formatted(path.get()));
    } else if (path.isPresent() && !Files.isRegularFile(path.get().resolve("config.json"))) {
      tree.problem(
          "model",
          "%s has no config.json; expected a HuggingFace model directory; correct the path"
              .formatted(path.get()));
    }
    return path.orElse(sources.directory());
  }

  /** A file of rows; absent when the key was left out or a problem was noted. */
  Optional<String> rows(String key) {
    Optional<Path> path = path(key);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    String name = path.get().toString();
    if (name.endsWith(".parquet") || name.endsWith(".csv")) {
      tree.problem(
          key, "%s is no JSONL; this version reads JSONL only; convert it".formatted(name));
    } else if (!sources.here()) {
      return Optional.of(uploaded(key).orElse(path.get()).toString());
    } else if (!Files.exists(path.get())) {
      tree.problem(
          key, "there is no file %s; expected a JSONL file; correct the path".formatted(name));
    } else if (!Files.isRegularFile(path.get())) {
      tree.problem(key, "%s is no file; expected a JSONL file; name one".formatted(name));
    } else if (!Files.isReadable(path.get())) {
      tree.problem(
          key, "%s may not be read; expected a readable file; change its rights".formatted(name));
    }
    return path.map(Path::toString);
  }

  /** The directory of an adapter; absent when the key was left out or is no path. */
  Optional<String> adapter(String key) {
    Optional<Path> path = path(key);
    if (path.isPresent()
        && sources.here()
        && !Files.isRegularFile(path.get().resolve("adapter_config.json"))) {
      tree.problem(
          key,
          "%s has no adapter_config.json; expected the directory of an adapter in PEFT's layout; correct the path"
              .formatted(path.get()));
    }
    return path.map(Path::toString);
  }

  private Optional<Path> uploaded(String key) {
    return tree.node(key)
        .map(node -> ((ScalarNode) node).getValue())
        .flatMap(written -> Optional.ofNullable(sources.uploaded().get(written)));
  }

  private Optional<Path> path(String key) {
    if (tree.node(key).isEmpty()) {
      return Optional.empty();
    }
    String expected = SpecKeys.get(key).type().expected();
    if (!(tree.node(key).get() instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
      tree.problem(key, "is no path; expected %s; write one".formatted(expected));
      return Optional.empty();
    }
    try {
      return Optional.of(
          sources.directory().resolve(scalar.getValue()).toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      tree.problem(
          key,
          "%s is no path (%s); expected %s; correct it"
              .formatted(Problems.quote(scalar.getValue()), e.getReason(), expected));
      return Optional.empty();
    }
  }
}
