package io.espalier.worker.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A base model on a device: loaded once, never changed, shared by all threads that train on that
 * device (each calls {@link Libtorch#prepareThread} first). Owns the weights and the compiled
 * script; close it when no thread uses it any more.
 */
public final class BaseModel implements AutoCloseable {
  /** DJL hands arrays of this name to the script as one list. */
  private static final String LIST_NAME = "w[]";

  /** Bytes of a weight that are read at a time: as much of the host's memory as loading takes. */
  static final long LARGEST_PART = 64L << 20;

  private final Path directory;
  private final ModelConfig config;
  private final WeightLayout layout;
  private final Device device;
  private final Precision precision;
  private final NDManager owner;
  private final ScriptModule script;
  private final List<NDArray> weights = new ArrayList<>();
  private final NDArray frequencies;

  /**
   * On a CPU that oneDNN is faster on: in smaller products its copies of what goes in and comes out
   * cost more than it gains.
   */
  private static final int ONE_DNN_FROM = 4_000_000;

  private BaseModel(
      Path directory, ModelConfig config, Precision precision, Device device, int oneDnnFrom) {
    this.directory = directory;
    this.config = config;
    this.precision = precision;
    this.device = device;
    layout = WeightLayout.of(config);
    Safetensors stored = Safetensors.ofModel(directory).named(config.architecture().bodyName());
    Libtorch.prepareThread();
    owner = Libtorch.newScope(device);
    script = ScriptModule.compile(config, precision, device, oneDnnFrom);
    try {
      for (WeightLayout.Entry entry : layout.entries()) {
        NDArray weight = entry.present() ? load(stored, entry) : owner.create(new Shape(0));
        weight.setName(LIST_NAME);
        weights.add(weight);
      }
      frequencies = owner.create(config.architecture().frequencies(config));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Loads a HuggingFace model directory, in float32.
   *
   * @throws io.espalier.common.UserError naming file and key or tensor when the engine cannot
   *     compute the model exactly
   */
  public static BaseModel load(Path directory, Device device) {
    return load(directory, ModelConfig.read(directory), Precision.FLOAT32, device);
  }

  /**
   * Loads a HuggingFace model directory.
   *
   * @param config of that directory
   * @param precision what its weights are kept in; they are rounded to it where files hold more
   * @throws io.espalier.common.UserError naming file and tensor when a tensor is not as the config
   *     says
   */
  public static BaseModel load(
      Path directory, ModelConfig config, Precision precision, Device device) {
    boolean oneDnn =
        !device.isGpu() && precision == Precision.FLOAT32 && Processor.current().oneDnn();
    return load(directory, config, precision, device, oneDnn ? ONE_DNN_FROM : 0);
  }

  /**
   * Loads a HuggingFace model directory, whatever the processor.
   *
   * @param oneDnnFrom from how many multiplications on oneDNN makes a product with a frozen weight,
   *     in float32 on a CPU; 0: never
   */
  public static BaseModel load(
      Path directory, ModelConfig config, Precision precision, Device device, int oneDnnFrom) {
    return new BaseModel(directory, config, precision, device, oneDnnFrom);
  }

  private NDArray load(Safetensors stored, WeightLayout.Entry entry) {
    long[] needed = entry.storedShape();
    StoredTensor tensor = stored.require(entry.name(), needed);
    long rows = needed[0];
    long rowBytes = tensor.length() / rows;
    long step = Math.max(1, LARGEST_PART / rowBytes);
    var parts = new NDList();
    // Not of Java's, whose buffers stay until the heap is collected.
    try (var stage = new Memory(Math.min(step, rows) * rowBytes);
        NDManager scope = owner.newSubManager()) {
      for (long row = 0; row < rows; row += step) {
        long count = Math.min(step, rows - row);
        ByteBuffer bytes = stage.getByteBuffer(0, count * rowBytes);
        Safetensors.read(tensor, row * rowBytes, bytes);
        long[] shape = needed.clone();
        shape[0] = count;
        shape[shape.length - 1] *= unitsPerValue(tensor.type());
        NDArray raw = scope.create(bytes, new Shape(shape), dataType(tensor.type()));
        parts.addAll(script.call(scope, loader(tensor.type()), false, List.of(), raw));
      }
      NDArray whole =
          parts.size() == 1
              ? parts.head()
              : parts.head().getNDArrayInternal().concat(parts.subNDList(1), 0);
      NDArray weight =
          entry.transposed()
              ? script.call(scope, "transposed", false, List.of(), whole).head()
              : whole;
      weight.attach(owner);
      return weight;
    }
  }

  private static DataType dataType(StoredType type) {
    return switch (type) {
      case F32 -> DataType.FLOAT32;
      // DJL kills the process on 16-bit types; the script reads the bytes.
      case F16, BF16 -> DataType.UINT8;
    };
  }

  private static long unitsPerValue(StoredType type) {
    return type == StoredType.F32 ? 1 : 2;
  }

  private static String loader(StoredType type) {
    return switch (type) {
      case F32 -> "load_float32";
      case F16 -> "load_float16";
      case BF16 -> "load_bfloat16";
    };
  }

  public Path directory() {
    return directory;
  }

  public ModelConfig config() {
    return config;
  }

  public WeightLayout layout() {
    return layout;
  }

  public Device device() {
    return device;
  }

  public Precision precision() {
    return precision;
  }

  /** A scope on this model's device; whoever opens it closes it. */
  public NDManager newScope() {
    return owner.newSubManager();
  }

  /** Inverse frequencies of the rotary embedding; owned by this model. */
  public NDArray frequencies() {
    return frequencies;
  }

  /**
   * A float32 copy of all weights in one row [1, P], owned by {@code scope}: where full training
   * starts.
   */
  public NDArray flatWeights(NDManager scope) {
    return script.call(scope, "flatten", false, weights).head();
  }

  /**
   * What an adapter takes from the model at first, end to end: for DoRA the norms of the rows of
   * the adapted modules' weights; the classifier's weight and bias.
   *
   * @param options of the adapter, as the engine's script takes them
   */
  public float[] firstValues(long[] options) {
    try (NDManager scope = newScope()) {
      return callWithWeights(scope, "first_values", false, scope.create(options))
          .head()
          .toFloatArray();
    }
  }

  /**
   * Calls a method of the engine's script that takes the model's weights first.
   *
   * @param gradients whether the method differentiates
   */
  public NDList callWithWeights(
      NDManager scope, String method, boolean gradients, NDArray... arguments) {
    return script.call(scope, method, gradients, weights, arguments);
  }

  /**
   * Calls a method of the engine's script that does not need the weights and differentiates not.
   */
  public NDList call(NDManager scope, String method, NDArray... arguments) {
    return script.call(scope, method, false, List.of(), arguments);
  }

  @Override
  public void close() {
    script.close();
    owner.close();
  }
}
