package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.espalier.common.UserError;
import io.espalier.worker.model.DurableFiles;
import io.espalier.worker.model.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A branch's state as a safetensors file: the vectors are its tensors, all else is JSON in its
 * metadata, which also holds a SHA-256 over the whole file (with zeros in the hash's own place).
 */
public final class CheckpointFile {
  static final ObjectMapper JSON = JsonMapper.builder().addModule(new Jdk8Module()).build();

  private CheckpointFile() {}

  /** The metadata, once the file is known to be whole. */
  private record Contents(Path file, Fingerprint fingerprint, Standing standing) {}

  /**
   * Writes all of it or nothing, flushed to the disk, and leaves no half file behind.
   *
   * @return bytes written
   */
  public static long write(Path file, Fingerprint fingerprint, BranchState state)
      throws IOException {
    Files.createDirectories(file.resolveSibling("."));
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      DurableFiles.write(file, place -> CheckpointBytes.write(place, fingerprint, state));
    } finally {
      Files.deleteIfExists(temporary);
    }
    return Files.size(file);
  }

  /**
   * Reads a checkpoint from which a branch goes on.
   *
   * @param fingerprint what the branch trains
   * @param update that it shall stand after
   * @throws UserError beginning with {@code checkpoint} when there is none, it is harmed, of a
   *     newer version, or of something else
   */
  public static BranchState read(Path file, Fingerprint fingerprint, long update) {
    try {
      Contents contents = contents(file);
      List<String> differences = fingerprint.differences(contents.fingerprint());
      if (!differences.isEmpty()) {
        throw broken(file, "is of another training: " + String.join(", ", differences));
      }
      Standing standing = contents.standing();
      if (standing.update() != update) {
        throw broken(file, "stands after update %d, not %d".formatted(standing.update(), update));
      }
      Vectors vectors = new Vectors(file, fingerprint.parameters());
      return new BranchState(
          vectors.whole(CheckpointBytes.WEIGHTS),
          vectors.wholeOrEmpty(CheckpointBytes.FIRST_MOMENTS),
          vectors.wholeOrEmpty(CheckpointBytes.SECOND_MOMENTS),
          standing.best().isPresent() ? vectors.whole(CheckpointBytes.BEST_WEIGHTS) : new float[0],
          standing);
    } catch (NoSuchFileException e) {
      throw new UserError("checkpoint %s is not there".formatted(file), e);
    } catch (IOException e) {
      throw new UserError("checkpoint %s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Contents contents(Path file) throws IOException {
    byte[] header;
    try (FileChannel channel = FileChannel.open(file)) {
      header = CheckpointBytes.verified(file, channel);
    }
    try {
      JsonNode metadata = JSON.readTree(header).path("__metadata__");
      return new Contents(
          file,
          JSON.readValue(metadata.path(CheckpointBytes.MUST_AGREE).asText(), Fingerprint.class),
          JSON.readValue(metadata.path(CheckpointBytes.STANDING).asText(), Standing.class));
    } catch (JsonProcessingException e) {
      throw broken(file, "has metadata that this version cannot read: " + e.getOriginalMessage());
    }
  }

  static UserError broken(Path file, String rest) {
    return new UserError("checkpoint %s %s".formatted(file, rest));
  }

  /** The tensors of a file that is whole. */
  private record Vectors(Path file, long parameters) {
    float[] whole(String name) {
      float[] values = wholeOrEmpty(name);
      if (values.length == 0 && parameters > 0) {
        throw broken(file, "has no " + name);
      }
      return values;
    }

    float[] wholeOrEmpty(String name) {
      Safetensors tensors = Safetensors.ofFile(file);
      long[] shape = tensors.shapes().getOrDefault(name, new long[0]);
      boolean empty = Arrays.equals(shape, new long[] {0});
      if (!empty && !Arrays.equals(shape, new long[] {parameters})) {
        throw broken(
            file,
            "holds %s %s, this branch has %d numbers"
                .formatted(name, Arrays.toString(shape), parameters));
      }
      float[] values = new float[empty ? 0 : Math.toIntExact(parameters)];
      if (!empty) {
        tensors.floats(name, shape).get(values);
      }
      return values;
    }
  }

  static ByteBuffer readFully(Path file, FileChannel channel, ByteBuffer into, long at)
      throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into, at + into.position()) < 0) {
        throw broken(file, "is cut short: it ends after %d bytes".formatted(channel.size()));
      }
    }
    return into.flip();
  }
}
