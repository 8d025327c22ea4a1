package io.espalier.worker.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.model.BaseModel;

/**
 * A model as one slot has trained it so far. Owns nothing: valid while the slot's pack and the base
 * model are open, and only on the pack's thread.
 *
 * @param flat trained numbers of all slots [K, P]
 * @param scale of the adapters' products [K, 1, 1]
 * @param options rank and adapted modules, as the engine's script takes them
 */
public record TrainedState(
    BaseModel model, NDArray flat, NDArray scale, NDArray options, int slot) {

  /** Calls one of the script's methods that look at a single trained state. */
  NDList call(NDManager scope, String method, NDArray... arguments) {
    NDArray[] all = new NDArray[arguments.length + 5];
    all[0] = flat;
    all[1] = scope.create(new long[] {slot}, new Shape(1));
    all[2] = model.frequencies();
    all[3] = scale;
    all[4] = options;
    System.arraycopy(arguments, 0, all, 5, arguments.length);
    return model.callWithWeights(scope, method, false, all);
  }
}
