package io.espalier.common.spec;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The files a specification names: made absolute and, where they should be here, looked at before
 * anything starts.
 */
record SpecFiles(SpecTree tree, Problems problems, SpecSources sources) {

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

  /** Files of rows, one or a list; empty when the key was left out or a problem was noted. */
  List<RowSource> rows(String key) {
    Optional<Node> node = tree.node(key);
    if (node.isEmpty()) {
      return List.of();
    }
    if (!(node.get() instanceof SequenceNode list)) {
      return source(key, node.get()).stream().toList();
    }
    if (list.getValue().isEmpty()) {
      tree.problem(key, "names no file; expected %s; write one".formatted(expected(key)));
    }
    return list.getValue().stream().flatMap(each -> source(key, each).stream()).toList();
  }

  private Optional<RowSource> source(String key, Node node) {
    if (!(node instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
      problem(node, key, "is no path; expected %s; write one".formatted(expected(key)));
      return Optional.empty();
    }
    RowSource written;
    try {
      written = RowSource.parse(scalar.getValue());
    } catch (IllegalArgumentException e) {
      problem(
          node,
          key,
          "%s asks for an impossible sample; expected path#N with N from 1 to %d; correct N"
              .formatted(Problems.quote(scalar.getValue()), Integer.MAX_VALUE));
      return Optional.empty();
    }
    Optional<Path> path = absolute(key, node, written.path());
    path.ifPresent(file -> check(key, node, file));
    return path.map(
        file ->
            written.at(
                Optional.ofNullable(sources.uploaded().get(written.path()))
                    .filter(kept -> !sources.here())
                    .orElse(file)
                    .toString()));
  }

  private void check(String key, Node node, Path file) {
    String name = file.toString();
    if (name.endsWith(".parquet")) {
      problem(
          node,
          key,
          "%1$s is Parquet; expected JSON rows; write them with DuckDB: COPY (FROM '%1$s') TO 'rows.jsonl'"
              .formatted(name));
    } else if (name.endsWith(".csv")) {
      problem(
          node,
          key,
          "%1$s is CSV; expected JSON rows; write them with DuckDB: COPY (FROM '%1$s') TO 'rows.jsonl'"
              .formatted(name));
    } else if (!sources.here()) {
      return;
    } else if (!Files.exists(file)) {
      problem(
          node,
          key,
          "there is no file %s; expected a file of JSON rows; correct the path".formatted(name));
    } else if (!Files.isRegularFile(file)) {
      problem(node, key, "%s is no file; expected a file of JSON rows; name one".formatted(name));
    } else if (!Files.isReadable(file)) {
      problem(
          node,
          key,
          "%s may not be read; expected a readable file; change its rights".formatted(name));
    }
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

  private Optional<Path> path(String key) {
    Optional<Node> node = tree.node(key);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (!(node.get() instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
      tree.problem(key, "is no path; expected %s; write one".formatted(expected(key)));
      return Optional.empty();
    }
    return absolute(key, scalar, scalar.getValue());
  }

  private Optional<Path> absolute(String key, Node node, String written) {
    try {
      return Optional.of(sources.directory().resolve(written).toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      problem(
          node,
          key,
          "%s is no path (%s); expected %s; correct it"
              .formatted(Problems.quote(written), e.getReason(), expected(key)));
      return Optional.empty();
    }
  }

  private void problem(Node node, String key, String sentence) {
    problems.add(node, key, sentence);
  }

  private static String expected(String key) {
    return SpecKeys.get(key).type().expected();
  }
}
