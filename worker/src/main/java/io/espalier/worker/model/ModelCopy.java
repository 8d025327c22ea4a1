package io.espalier.worker.model;

import io.espalier.common.UserError;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A HuggingFace model written anew with the numbers of some of its tensors changed. Everything else
 * stays byte for byte: number formats, names, other tensors, shards and their index, configuration,
 * tokenizer. Holds one row of a tensor in memory at a time.
 */
public final class ModelCopy {
  private final Path source;
  private final Safetensors stored;
  private final Map<Path, SortedMap<Long, Change>> changes = new HashMap<>();

  private record Change(StoredTensor tensor, Supplier<TensorChange> change) {}

  private ModelCopy(Path source, Safetensors stored) {
    this.source = source;
    this.stored = stored;
  }

  /**
   * @throws UserError naming the file when the directory holds no weights that can be read
   */
  public static ModelCopy of(Path directory, ModelConfig config) {
    Safetensors stored = Safetensors.ofModel(directory).named(config.architecture().bodyName());
    return new ModelCopy(directory, stored);
  }

  /**
   * Will change a tensor.
   *
   * @param name by the model's full names, whatever its file calls it
   * @param shape as its file has it
   * @param change made when the tensor is written, and dropped after it
   * @throws UserError when there is no such tensor, or in a number format that is not read
   */
  public void change(String name, long[] shape, Supplier<TensorChange> change) {
    StoredTensor tensor = stored.require(name, shape);
    tensor.type();
    changes
        .computeIfAbsent(tensor.file(), file -> new TreeMap<>())
        .put(tensor.offset(), new Change(tensor, change));
  }

  /**
   * Writes the model; the files are not yet flushed to the disk.
   *
   * @param directory is there, with nothing in it
   * @throws UserError when a changed number is none, or too large for its tensor's number format
   */
  public void write(Path directory) throws IOException {
    for (Path file : stored.files()) {
      rewrite(
          file,
          changes.getOrDefault(file, Collections.emptySortedMap()),
          directory.resolve(file.getFileName()));
    }
    for (Path file : ModelDirectory.beside(source)) {
      Files.copy(file, directory.resolve(file.getFileName()));
    }
  }

  private static void rewrite(Path file, SortedMap<Long, Change> changes, Path copy)
      throws IOException {
    try (FileChannel in = FileChannel.open(file);
        FileChannel out =
            FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long at = 0;
      for (Change each : changes.values()) {
        transfer(in, at, each.tensor().offset(), out);
        rewrite(each.tensor(), each.change().get(), in, out);
        at = each.tensor().offset() + each.tensor().length();
      }
      transfer(in, at, in.size(), out);
    }
  }

  private static void transfer(FileChannel in, long from, long to, FileChannel out)
      throws IOException {
    long at = from;
    while (at < to) {
      long moved = in.transferTo(at, to - at, out);
      if (moved <= 0) {
        throw new EOFException("it has become shorter while it was read");
      }
      at += moved;
    }
  }

  private static void rewrite(
      StoredTensor tensor, TensorChange change, FileChannel in, FileChannel out)
      throws IOException {
    TensorRows rows = new TensorRows(tensor, in);
    StoredType type = tensor.type();
    ByteBuffer bytes =
        ByteBuffer.allocate(rows.width() * type.bytes).order(ByteOrder.LITTLE_ENDIAN);
    change.look(rows);
    rows.forEach(
        (row, values) -> {
          change.apply(row, values);
          for (int column = 0; column < values.length; column++) {
            type.put(bytes, column * type.bytes, values[column]);
            if (!Double.isFinite(type.get(bytes, column * type.bytes))) {
              throw unstorable(tensor, row, column, values[column]);
            }
          }
          bytes.clear();
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        });
  }

  private static UserError unstorable(StoredTensor tensor, int row, int column, double value) {
    return new UserError(
        "%s at row %d, column %d would become %s, which %s does not hold: this trial has diverged, or the model is not the one it was trained on"
            .formatted(tensor.name(), row, column, value, tensor.dtype()));
  }
}
