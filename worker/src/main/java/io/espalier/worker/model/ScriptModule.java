package io.espalier.worker.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The engine's script, compiled by libtorch. Owns the compiled module; closing frees it. */
final class ScriptModule implements AutoCloseable {
  private final NDManager owner;
  private final PtSymbolBlock block;

  private ScriptModule(NDManager owner, PtSymbolBlock block) {
    this.owner = owner;
    this.block = block;
  }

  /**
   * @param oneDnnFrom from how many multiplications on oneDNN makes a product with a frozen weight;
   *     0: never
   */
  static ScriptModule compile(
      ModelConfig config, Precision precision, Device device, int oneDnnFrom) {
    NDManager owner = Libtorch.newScope(device);
    List<String> parts =
        Stream.concat(Stream.of("engine.py"), config.architecture().scripts().stream()).toList();
    byte[] archive = ScriptArchive.of(parts, "Engine", sizes(config, precision, oneDnnFrom));
    try {
      // hasSize must be false: with true DJL's reader never ends on a stream of known size.
      return new ScriptModule(
          owner,
          JniUtils.loadModule(
              (PtNDManager) owner, new ByteArrayInputStream(archive), false, false));
    } catch (IOException e) {
      throw new UncheckedIOException("the engine's script could not be handed to libtorch", e);
    }
  }

  private static Map<String, Number> sizes(
      ModelConfig config, Precision precision, int oneDnnFrom) {
    ModelTensors tensors = config.architecture().tensors(config);
    var sizes = new LinkedHashMap<String, Number>();
    sizes.put("LAYERS", config.layers());
    sizes.put("LEADING", tensors.leading().size());
    sizes.put("NORMS", tensors.norms().size());
    sizes.put("MODULES", tensors.modules().size());
    sizes.put("FOLLOWING", tensors.following().size());
    sizes.put("CLASSES", config.architecture().classes());
    sizes.put("DTYPE", precision.scalarType);
    sizes.put("ONEDNN", oneDnnFrom);
    sizes.putAll(config.architecture().sizes(config));
    return sizes;
  }

  /**
   * Calls a method of the script; its results belong to {@code scope}.
   *
   * @param gradients whether operations are recorded for {@code torch.grad} inside the script
   * @param weights arrays named {@code w[]}, which DJL hands over as one list
   */
  NDList call(
      NDManager scope, String method, boolean gradients, List<NDArray> weights, NDArray... rest) {
    JniUtils.setGradMode(gradients);
    NDList inputs = new NDList(weights.size() + rest.length + 1);
    // DJL attaches results to the first array's manager and takes the method from its name.
    try (NDArray marker = scope.create(0)) {
      marker.setName("module_method:" + method);
      inputs.add(marker);
      inputs.addAll(weights);
      for (NDArray array : rest) {
        inputs.add(array);
      }
      return IValueUtils.forward(block, inputs, true);
    } finally {
      JniUtils.setGradMode(false);
    }
  }

  @Override
  public void close() {
    block.close();
    owner.close();
  }
}
