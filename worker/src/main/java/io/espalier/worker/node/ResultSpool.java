package io.espalier.worker.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.espalier.common.UserError;
import io.espalier.common.protocol.Lease;
import io.espalier.worker.model.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results that the coordinator has not acknowledged yet, one file each: the next process on this
 * spool reports what this one could not.
 */
final class ResultSpool {
  private static final Logger log = LoggerFactory.getLogger(ResultSpool.class);
  private static final String SUFFIX = ".json";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final Path directory;

  /**
   * @throws UserError when the directory cannot be used
   */
  ResultSpool(Path spool) {
    directory = spool.resolve("results");
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Results kept by an earlier process; one that cannot be read is left alone and trained anew. */
  List<HeldLeases.Ended> left() {
    List<HeldLeases.Ended> results = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList()) {
        try {
          results.add(JSON.readValue(file.toFile(), HeldLeases.Ended.class));
        } catch (JsonProcessingException e) {
          log.warn("{} is no result ({}); it is left there", file, e.getOriginalMessage());
        }
      }
    } catch (IOException e) {
      throw unusable(e);
    }
    return results;
  }

  /** On the disk when this returns, unless that fails: then only this process can report it. */
  void keep(HeldLeases.Ended ended) {
    try {
      DurableFiles.write(file(ended.lease()), JSON.writeValueAsString(ended));
    } catch (IOException e) {
      log.error("the result of {} cannot be kept in {}", ended.lease(), directory, e);
    }
  }

  void forget(Lease.Key lease) {
    try {
      Files.deleteIfExists(file(lease));
    } catch (IOException e) {
      log.warn("{} cannot be removed: {}", file(lease), e.toString());
    }
  }

  private Path file(Lease.Key lease) {
    return directory.resolve(
        "%s_%s_%s%s".formatted(lease.sweep(), lease.branch(), lease.attempt(), SUFFIX));
  }

  private UserError unusable(IOException e) {
    return new UserError(
        "The spool directory %s cannot be used: %s. It must be a directory this user may write to; choose another with --spool."
            .formatted(directory, e),
        e);
  }
}
