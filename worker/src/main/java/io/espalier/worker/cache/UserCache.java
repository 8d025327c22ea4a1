package io.espalier.worker.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Small files that processes of one user leave for one another, one for each name. Losing them
 * costs time only, so that one that cannot be read or written is no error.
 */
public final class UserCache {
  private static final Logger log = LoggerFactory.getLogger(UserCache.class);
  private static final ObjectMapper JSON = new ObjectMapper().findAndRegisterModules();

  private final Optional<Path> directory;

  /**
   * @param directory is made when needed; absent to keep nothing
   */
  public UserCache(Optional<Path> directory) {
    this.directory = directory;
  }

  /** That of one kind, below the directory that the launcher names; keeps nothing without it. */
  public static UserCache of(String kind) {
    return new UserCache(
        Optional.ofNullable(System.getenv("ESPALIER_CACHE")).map(cache -> Path.of(cache, kind)));
  }

  public boolean keepsNothing() {
    return directory.isEmpty();
  }

  /**
   * @param name any text
   */
  public <T> Optional<T> read(String name, Class<T> type) {
    Optional<Path> file = directory.map(place -> file(place, name)).filter(Files::exists);
    try {
      return file.isPresent()
          ? Optional.of(JSON.readValue(file.get().toFile(), type))
          : Optional.empty();
    } catch (IOException e) {
      log.warn("{} cannot be read; it is found out anew: {}", file.get(), e.toString());
      return Optional.empty();
    }
  }

  /**
   * @param value a record of what JSON has
   */
  public void write(String name, Object value) {
    directory.ifPresent(
        place -> {
          try {
            Files.createDirectories(place);
            // Processes that find out the same at the same time do not write into one file.
            Path own = Files.createTempFile(place, "", ".tmp");
            Files.writeString(own, text(value));
            Files.move(own, file(place, name), StandardCopyOption.ATOMIC_MOVE);
          } catch (IOException e) {
            log.warn(
                "{} cannot be written; the next process finds it out too: {}", place, e.toString());
          }
        });
  }

  private static Path file(Path place, String name) {
    return place.resolve(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + ".json");
  }

  /** As it is written. */
  public static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
