package io.espalier.worker.model;

import io.espalier.common.AbsentHere;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where models are looked for on this machine. Nothing is ever downloaded.
 *
 * @param roots directories that hold models by name
 * @param hub HuggingFace's cache
 */
public record ModelPlaces(List<Path> roots, Path hub) {
  public ModelPlaces {
    roots = List.copyOf(roots);
  }

  /** With HuggingFace's cache where its own tools look for it. */
  public static ModelPlaces of(List<Path> roots, Map<String, String> environment) {
    Path home =
        Optional.ofNullable(environment.get("HF_HOME"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "huggingface"));
    Path hub =
        Optional.ofNullable(environment.get("HF_HUB_CACHE"))
            .map(Path::of)
            .orElse(home.resolve("hub"));
    return new ModelPlaces(roots, hub);
  }

  /**
   * The directory of a model: its own path, else its name in a root, else a snapshot in the cache.
   *
   * @param model an absolute path, or a name such as {@code Qwen/Qwen2.5-0.5B}
   * @throws AbsentHere naming all places where it is not
   */
  public Path find(String model) {
    Path path = Path.of(model);
    List<Path> looked = new ArrayList<>();
    if (path.isAbsolute()) {
      looked.add(path);
    }
    Path name = path.isAbsolute() ? Optional.ofNullable(path.getFileName()).orElse(path) : path;
    roots.forEach(root -> looked.add(root.toAbsolutePath().resolve(name).normalize()));
    Optional<Path> found = looked.stream().filter(Files::isDirectory).findFirst();
    if (found.isEmpty() && !path.isAbsolute()) {
      Path cached = hub.resolve("models--" + model.replace("/", "--"));
      looked.add(cached.resolve("snapshots"));
      found = snapshot(cached);
    }
    return found.orElseThrow(() -> new AbsentHere(nowhere(model, looked)));
  }

  /** The snapshot that {@code main} names, else the newest whole one. */
  private static Optional<Path> snapshot(Path cached) {
    Path snapshots = cached.resolve("snapshots");
    Path main = cached.resolve("refs").resolve("main");
    try {
      if (Files.exists(main)) {
        Path named = snapshots.resolve(Files.readString(main).strip());
        if (isModel(named)) {
          return Optional.of(named);
        }
      }
      if (!Files.isDirectory(snapshots)) {
        return Optional.empty();
      }
      try (Stream<Path> all = Files.list(snapshots)) {
        return all.filter(ModelPlaces::isModel)
            .max(Comparator.comparing((Path place) -> place.toFile().lastModified()));
      }
    } catch (IOException e) {
      throw new UserError(
          "HuggingFace's cache %s cannot be read: %s; correct its rights, or name the model's directory"
              .formatted(cached, e.getMessage()),
          e);
    }
  }

  private static boolean isModel(Path directory) {
    return Files.isRegularFile(directory.resolve("config.json"));
  }

  private static String nowhere(String model, List<Path> looked) {
    return "there is no model %s on this machine; looked at %s; put it there, name another directory that holds models with --model-root, or download it beforehand (models are never downloaded by espalier)"
        .formatted(model, looked.stream().map(Path::toString).collect(Collectors.joining(", ")));
  }
}
