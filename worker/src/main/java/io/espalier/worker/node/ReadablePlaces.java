package io.espalier.worker.node;

import io.espalier.common.AbsentHere;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a worker reads what specifications name: whoever may submit one would otherwise read every
 * file of the worker's user by way of messages and adapters.
 */
final class ReadablePlaces {
  private final Optional<List<Path>> roots;
  private volatile Optional<Path> store = Optional.empty();

  private ReadablePlaces(Optional<List<Path>> roots) {
    this.roots = roots;
  }

  /** No limit: whoever reaches this worker is its user anyway. */
  static ReadablePlaces anywhere() {
    return new ReadablePlaces(Optional.empty());
  }

  static ReadablePlaces within(List<Path> roots) {
    return new ReadablePlaces(
        Optional.of(roots.stream().map(root -> root.toAbsolutePath().normalize()).toList()));
  }

  /** What clients uploaded is in the store. */
  void storeIs(Path directory) {
    store = Optional.of(directory.toAbsolutePath().normalize());
  }

  /**
   * @param path as a specification names it; links are followed
   * @throws AbsentHere when it is outside; another worker may have other places
   */
  void check(Path path) {
    if (roots.isEmpty()) {
      return;
    }
    List<Path> all = Stream.concat(roots.get().stream(), store.stream()).toList();
    Path meant = real(path);
    if (all.stream().noneMatch(root -> meant.startsWith(real(root)))) {
      throw new AbsentHere(
          "%s may not be read by this worker: it is not below %s; put it there, or name its directory with the worker's --data-root"
              .formatted(path, all.stream().map(Path::toString).collect(Collectors.joining(", "))));
    }
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException notThere) {
      return path.toAbsolutePath().normalize();
    }
  }
}
