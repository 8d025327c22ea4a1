package io.espalier.worker.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import java.util.List;
import java.util.Optional;

/**
 * A model as one slot, or each of several of a pack, has trained it so far. Owns nothing: valid
 * while the pack and the base model are open, and only on the pack's thread.
 *
 * @param flat trained numbers of all slots [K, P]
 * @param scale of the adapters' products [modules, K, 1, 1]
 * @param options what is trained and each adapter's rank, as the engine's script takes them
 * @param slots one at least, ascending
 */
public record TrainedState(
    BaseModel model, NDArray flat, NDArray scale, NDArray options, List<Integer> slots) {
  public TrainedState {
    slots = List.copyOf(slots);
  }

  /**
   * A model as it is, or with an adapter.
   *
   * @param scope owns what is made here
   */
  public static TrainedState of(
      NDManager scope, BaseModel model, Optional<PeftFormat.Adapter> adapter) {
    float[] values = adapter.map(PeftFormat.Adapter::values).orElse(new float[1]);
    int modules = model.config().modules().size();
    double[] scales =
        adapter
            .map(PeftFormat.Adapter::layout)
            .map(layout -> layout.scales(layout.lora()))
            .orElseGet(() -> new double[modules]);
    long[] options =
        adapter.map(known -> known.layout().options()).orElseGet(() -> new long[3 + modules]);
    return new TrainedState(
        model,
        scope.create(values, new Shape(1, values.length)),
        scope.create(scales, new Shape(modules, 1, 1, 1)).toType(DataType.FLOAT32, false),
        scope.create(options),
        List.of(0));
  }

  /** The same of some of these slots. */
  TrainedState of(List<Integer> some) {
    return new TrainedState(model, flat, scale, options, some);
  }

  /** Calls one of the script's methods that look at trained states. */
  public NDList call(NDManager scope, String method, NDArray... arguments) {
    NDArray[] all = new NDArray[arguments.length + 5];
    all[0] = flat;
    all[1] = scope.create(slots.stream().mapToLong(Integer::longValue).toArray());
    all[2] = model.frequencies();
    all[3] = scale;
    all[4] = options;
    System.arraycopy(arguments, 0, all, 5, arguments.length);
    return model.callWithWeights(scope, method, false, all);
  }
}
