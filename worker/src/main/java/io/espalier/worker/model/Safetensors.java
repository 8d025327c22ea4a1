package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.UserError;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Tensors by name, in one safetensors file or in the shards of an index. */
public final class Safetensors {
  private static final String INDEX = "model.safetensors.index.json";
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path source;
  private final Map<String, StoredTensor> tensors;

  private Safetensors(Path source, Map<String, StoredTensor> tensors) {
    this.source = source;
    this.tensors = tensors;
  }

  /** A float32 tensor to write. */
  public record Tensor(String name, long[] shape, FloatBuffer values) {}

  /**
   * Opens {@code model.safetensors} of a model directory, or what its index names.
   *
   * @throws UserError naming the file and the numbers when one is missing or broken
   */
  public static Safetensors ofModel(Path directory) {
    Path single = directory.resolve("model.safetensors");
    if (Files.isRegularFile(single)) {
      return ofFile(single);
    }
    Path index = directory.resolve(INDEX);
    if (!Files.isRegularFile(index)) {
      throw new UserError(
          "%s has neither model.safetensors nor %s; other weight formats are not read"
              .formatted(directory, INDEX));
    }
    return ofIndex(index);
  }

  /** Opens one file. */
  public static Safetensors ofFile(Path file) {
    var tensors = new TreeMap<String, StoredTensor>();
    SafetensorsHeader.read(file).forEach(tensor -> tensors.put(tensor.name(), tensor));
    return new Safetensors(file, tensors);
  }

  private static Safetensors ofIndex(Path index) {
    JsonNode map =
        ConfigFile.read(index)
            .find("weight_map")
            .orElseThrow(() -> new UserError("%s: weight_map is missing".formatted(index)));
    var shards = new TreeSet<String>();
    map.forEach(shard -> shards.add(shard.asText()));
    var tensors = new TreeMap<String, StoredTensor>();
    for (String shard : shards) {
      Path file = index.resolveSibling(shard);
      if (!shard.equals(file.getFileName().toString()) || !Files.isRegularFile(file)) {
        throw new UserError("%s names %s, which is not beside it".formatted(index, shard));
      }
      for (StoredTensor tensor : SafetensorsHeader.read(file)) {
        if (tensors.put(tensor.name(), tensor) != null) {
          throw new UserError("%s: two shards hold %s".formatted(index, tensor.name()));
        }
      }
    }
    return new Safetensors(index, tensors);
  }

  /** The file opened: the one file, or the index. */
  public Path source() {
    return source;
  }

  /** All files they are in, and the index where there is one. */
  SortedSet<Path> files() {
    var files = new TreeSet<>(Set.of(source));
    tensors.values().forEach(tensor -> files.add(tensor.file()));
    return files;
  }

  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /**
   * The same tensors under a model's full names: files of a model's body alone lack what its names
   * begin with, and old ones call a norm's weight and bias gamma and beta.
   *
   * @param body {@code transformer.}
   */
  Safetensors named(String body) {
    boolean bare = tensors.keySet().stream().noneMatch(name -> name.startsWith(body));
    var named = new TreeMap<String, StoredTensor>();
    tensors.forEach(
        (name, tensor) -> {
          String current = name.replaceFirst("Norm\\.gamma$", "Norm.weight");
          current = current.replaceFirst("Norm\\.beta$", "Norm.bias");
          named.put(current, tensor);
          if (bare) {
            named.put(body + current, tensor);
          }
        });
    return new Safetensors(source, named);
  }

  Optional<StoredTensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /**
   * A tensor that must be there in this shape.
   *
   * @throws UserError naming file, tensor and both shapes
   */
  StoredTensor require(String name, long... shape) {
    StoredTensor tensor =
        find(name)
            .orElseThrow(
                () ->
                    new UserError(
                        "%s has no tensor %s %s".formatted(source, name, Arrays.toString(shape))));
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw new UserError(
          "%s: tensor %s has shape %s, its config needs %s"
              .formatted(
                  tensor.file(), name, Arrays.toString(tensor.shape()), Arrays.toString(shape)));
    }
    return tensor;
  }

  /** The values of a float32 tensor, mapped from the file. */
  public FloatBuffer floats(String name, long... shape) {
    StoredTensor tensor = require(name, shape);
    if (tensor.type() != StoredType.F32) {
      throw new UserError("%s: %s; expected F32".formatted(tensor.file(), tensor));
    }
    try (FileChannel channel = FileChannel.open(tensor.file())) {
      return channel
          .map(MapMode.READ_ONLY, tensor.offset(), tensor.length())
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer();
    } catch (IOException e) {
      throw unreadable(tensor, e);
    }
  }

  /**
   * Fills a buffer with a tensor's bytes.
   *
   * @param from of the tensor
   */
  static void read(StoredTensor tensor, long from, ByteBuffer into) {
    try (FileChannel channel = FileChannel.open(tensor.file())) {
      long at = tensor.offset() + from;
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          throw new EOFException("it has become shorter");
        }
        at += count;
      }
      into.flip();
    } catch (IOException e) {
      throw unreadable(tensor, e);
    }
  }

  private static UserError unreadable(StoredTensor tensor, IOException e) {
    return new UserError("%s cannot be read: %s".formatted(tensor.file(), e.getMessage()), e);
  }

  /**
   * Writes a file as HuggingFace does: metadata {@code {"format": "pt"}}, float32, tensors in the
   * order given, flushed to the disk.
   */
  public static void write(Path file, List<Tensor> tensors) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    var bodies = new ArrayList<ByteBuffer>();
    long at = 0;
    for (Tensor tensor : tensors) {
      ByteBuffer bytes = bytes(tensor.values());
      ObjectNode entry = header.putObject(tensor.name());
      entry.put("dtype", "F32");
      Arrays.stream(tensor.shape()).forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(at).add(at + bytes.remaining());
      at += bytes.remaining();
      bodies.add(bytes);
    }
    String json = JSON.writeValueAsString(header);
    // The format pads the header with spaces so that the data is aligned to 8 bytes.
    byte[] padded =
        (json + " ".repeat((8 - json.getBytes(StandardCharsets.UTF_8).length % 8) % 8))
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer start = ByteBuffer.allocate(8 + padded.length).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(padded.length).put(padded).flip();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(channel, start);
      for (ByteBuffer body : bodies) {
        writeFully(channel, body);
      }
      channel.force(true);
    }
  }

  /** Names and shapes: what a test or a message shows. */
  public Map<String, long[]> shapes() {
    var shapes = new LinkedHashMap<String, long[]>();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape().clone()));
    return shapes;
  }

  private static ByteBuffer bytes(FloatBuffer values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4, values.remaining()))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values.duplicate());
    return bytes;
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
