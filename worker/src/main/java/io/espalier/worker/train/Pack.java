package io.espalier.worker.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.common.trial.Optimizer;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.PaddedRows;
import io.espalier.worker.evaluate.TrainedState;
import io.espalier.worker.model.BaseModel;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * K slots trained together in one pass over one copy of the base model. For an update: {@link
 * #accumulate} each micro-batch, look at {@link #measure}, then {@link #update} the slots that
 * should go on. A slot's numbers are never mixed with another's: one that turns NaN disturbs
 * nobody. Belongs to one thread. Owns weights, moments and gradients on the device; closing frees
 * them.
 */
public class Pack implements AutoCloseable {
  private final BaseModel model;
  private final Trainable trainable;
  private final List<Seat.Kind> slots;
  private final NDManager owner;
  private final NDArray flat;
  private final NDArray firstMoments;
  private final NDArray secondMoments;
  private final NDArray steps;
  private final NDArray scale;
  private final NDArray options;
  private final NDArray settings;
  private final NDArray rateMultiplier;
  private final NDArray tensorOfEach;
  private final NDArray optimizerKind;

  /** Gradients and sums of the update under way; its own scope, so that a step leaves nothing. */
  private Sums sums;

  private Optional<NDArray> measuredNorms = Optional.empty();

  /**
   * What an update is judged by before it is applied.
   *
   * @param loss sum of its weighted token losses
   * @param lossSum sum of its plain token losses
   * @param gradNorm of its gradient, before clipping
   */
  public record Measured(double loss, double lossSum, double gradNorm) {
    public boolean finite() {
      return Double.isFinite(loss) && Double.isFinite(gradNorm);
    }
  }

  private record Sums(NDManager scope, NDArray gradients, NDArray losses) {}

  private NDArray norms() {
    NDArray norms = model.call(sums.scope, "norms", sums.gradients).head();
    measuredNorms = Optional.of(norms);
    return norms;
  }

  /**
   * @param seats one at least, whose kinds {@link Seat.Kind#fits fit} one another; one that trains
   *     all weights is alone
   */
  public Pack(BaseModel model, List<? extends Seat> seats) {
    this.model = model;
    slots = seats.stream().map(Seat::kind).toList();
    if (slots.stream().skip(1).anyMatch(slot -> !slot.fits(slots.get(0)))) {
      throw new IllegalArgumentException("slots differ in what a pack has in common");
    }
    trainable = Trainable.covering(slots.stream().map(Seat.Kind::trainable).toList());
    owner = model.newScope();
    try {
      flat =
          seats.get(0) instanceof Slot first && first.state().untouched()
              ? model.flatWeights(owner)
              : stacked(seats, SlotState::weights, pack -> pack.flat);
      firstMoments = stacked(seats, SlotState::firstMoments, pack -> pack.firstMoments);
      secondMoments = stacked(seats, SlotState::secondMoments, pack -> pack.secondMoments);
      steps =
          owner.create(
              seats.stream().mapToDouble(Seat::steps).toArray(), new Shape(slots.size(), 1));
      scale = scales();
      options = owner.create(trainable.options());
      Training one = slots.get(0).training();
      settings =
          owner.create(
              new double[] {
                one.labelSmoothing(), one.lora().dropout(), one.gradientCheckpointing() ? 1 : 0
              });
      tensorOfEach = tensorOfEach();
      rateMultiplier = rateMultiplier();
      optimizerKind = owner.create(new long[] {kind(one.optimizer())});
      sums = none();
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  /**
   * [K, P]: one kind of numbers of all slots.
   *
   * @param here empty for zeros
   */
  private NDArray stacked(
      List<? extends Seat> seats,
      Function<SlotState, float[]> here,
      Function<Pack, NDArray> there) {
    try (NDManager scope = owner.newSubManager()) {
      var rows = new NDList();
      for (Seat seat : seats) {
        NDArray row;
        if (seat instanceof Seat.Taken taken) {
          row = taken.pack().row(scope, there.apply(taken.pack()), taken.slot(), trainable);
        } else {
          SlotState state = ((Slot) seat).state();
          row = row(scope, here.apply(state), state.trainable());
        }
        rows.add(row);
      }
      // A slot from the host that is alone may be a whole model: it is not copied once more.
      boolean own = rows.size() == 1 && seats.get(0) instanceof Slot;
      NDArray all = own ? rows.get(0) : NDArrays.concat(rows, 0);
      all.attach(owner);
      return all;
    }
  }

  /** [1, P] of a slot's numbers, padded. */
  private NDArray row(NDManager scope, float[] values, Trainable kind) {
    var shape = new Shape(1, trainable.parameters());
    return values.length == 0
        ? scope.zeros(shape)
        : scope.create(kind.relaid(values, trainable), shape);
  }

  /** [1, P] of one of this pack's slots, padded as {@code wanted} is; on the device where it is. */
  private NDArray row(NDManager scope, NDArray stack, int slot, Trainable wanted) {
    var shape = new Shape(1, wanted.parameters());
    if (!trainable.liesAs(wanted)) {
      return scope.create(kindOf(slot).relaid(copied(stack, slot), wanted), shape);
    }
    NDArray row = stack.get(slot);
    row.attach(scope);
    return row.reshape(shape);
  }

  /** [modules, K, 1, 1]. */
  private NDArray scales() {
    List<double[]> each =
        slots.stream().map(slot -> trainable.scales(slot.training().lora())).toList();
    int modules = each.get(0).length;
    float[] scales = new float[modules * slots.size()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) each.get(i % slots.size())[i / slots.size()];
    }
    return owner.create(scales, new Shape(modules, slots.size(), 1, 1));
  }

  private boolean haveRatesOfTheirOwn() {
    return slots.stream().map(Seat.Kind::training).anyMatch(Trainable::hasRatesOfItsOwn);
  }

  /** [K, tensors], or [1, 1] where every number has its slot's own learning rate. */
  private NDArray rateMultiplier() {
    if (!haveRatesOfTheirOwn()) {
      return owner.ones(new Shape(1, 1), DataType.FLOAT64);
    }
    double[] all =
        slots.stream()
            .flatMapToDouble(slot -> Arrays.stream(trainable.rateFactors(slot.training())))
            .toArray();
    return owner.create(all, new Shape(slots.size(), all.length / slots.size()));
  }

  /** [P], or empty in that case. */
  private NDArray tensorOfEach() {
    if (!haveRatesOfTheirOwn()) {
      return owner.create(new int[0]);
    }
    int[] tensors = new int[Math.toIntExact(trainable.parameters())];
    long[] sizes = trainable.sizes();
    int from = 0;
    for (int tensor = 0; tensor < sizes.length; tensor++) {
      int to = Math.toIntExact(from + sizes[tensor]);
      Arrays.fill(tensors, from, to, tensor);
      from = to;
    }
    return owner.create(tensors);
  }

  private static long kind(Optimizer optimizer) {
    return optimizer instanceof Optimizer.AdamW ? 0 : optimizer instanceof Optimizer.Adam ? 1 : 2;
  }

  private Sums none() {
    NDManager scope = owner.newSubManager();
    return new Sums(
        scope,
        scope.create(new Shape(0)),
        scope.zeros(new Shape(2, slots.size()), DataType.FLOAT64));
  }

  /** Runs one micro-batch forward and backward and adds its gradients and losses. */
  void accumulate(MicroBatch batch) {
    NDManager next = owner.newSubManager();
    try (NDManager scope = owner.newSubManager()) {
      PaddedRows rows = batch.rows();
      int targets = rows.targets().length;
      NDList made =
          model.callWithWeights(
              scope,
              "accumulate",
              true,
              flat,
              sums.gradients,
              sums.losses,
              model.frequencies(),
              scale,
              options,
              settings,
              scope.create(rows.ids(), new Shape(rows.count(), rows.length())),
              scope.create(rows.targets(), new Shape(targets)),
              scope.create(rows.labels(), new Shape(targets)),
              scope.create(batch.slots(), new Shape(targets)),
              scope.create(batch.shares(), new Shape(targets)),
              scope.create(batch.keys(), new Shape(rows.count())));
      made.attach(next);
      sums.scope.close();
      measuredNorms = Optional.empty();
      sums = new Sums(next, made.get(0), made.get(1));
    } catch (RuntimeException e) {
      next.close();
      throw e;
    }
  }

  /** What has been accumulated since the last update, per slot. */
  public List<Measured> measure() {
    double[] losses = sums.losses.toDoubleArray();
    double[] norms = norms().toDoubleArray();
    return IntStream.range(0, slots.size())
        .mapToObj(slot -> new Measured(losses[slot], losses[slots.size() + slot], norms[slot]))
        .toList();
  }

  /**
   * Applies what was accumulated to the slots that are due and whose gradient is finite, and starts
   * a new update of all.
   *
   * @param due one for each slot
   * @param learningRates one for each slot
   */
  public void update(boolean[] due, double[] learningRates) {
    step(due, learningRates);
    discard();
  }

  /**
   * The same where the updates of some slots may not be over: what those accumulated stays.
   *
   * @param over one for each slot; true where {@code due} is
   */
  void update(boolean[] due, double[] learningRates, boolean[] over) {
    step(due, learningRates);
    if (IntStream.range(0, over.length).allMatch(slot -> over[slot])) {
      discard();
    } else {
      keepUnfinished(over);
    }
  }

  private void keepUnfinished(boolean[] over) {
    NDManager next = owner.newSubManager();
    try (NDManager scope = owner.newSubManager()) {
      NDList kept =
          model.call(scope, "unfinished", sums.gradients, sums.losses, scope.create(over));
      kept.attach(next);
      sums.scope.close();
      measuredNorms = Optional.empty();
      sums = new Sums(next, kept.get(0), kept.get(1));
    } catch (RuntimeException e) {
      next.close();
      throw e;
    }
  }

  private void step(boolean[] due, double[] learningRates) {
    try (NDManager scope = owner.newSubManager()) {
      double[] rows = new double[slots.size() * 6];
      for (int i = 0; i < slots.size(); i++) {
        System.arraycopy(row(slots.get(i).training(), learningRates[i]), 0, rows, 6 * i, 6);
      }
      model.call(
          scope,
          "update",
          flat,
          firstMoments,
          secondMoments,
          steps,
          sums.gradients,
          measuredNorms.orElseGet(this::norms),
          scope.create(due, new Shape(slots.size(), 1)),
          scope.create(rows, new Shape(slots.size(), 6)),
          rateMultiplier,
          tensorOfEach,
          optimizerKind);
    }
  }

  /** A slot's settings as the engine's script takes them. */
  private static double[] row(Training slot, double learningRate) {
    double clipping = slot.clippingNorm().orElse(0);
    double decay = slot.optimizer().weightDecay();
    if (slot.optimizer() instanceof Optimizer.Adaptive adaptive) {
      return new double[] {
        learningRate, clipping, adaptive.beta1(), adaptive.beta2(), adaptive.epsilon(), decay
      };
    }
    double momentum = slot.optimizer() instanceof Optimizer.Sgd sgd ? sgd.momentum() : 0;
    return new double[] {learningRate, clipping, momentum, 0, 0, decay};
  }

  /** Forgets what was accumulated. */
  public void discard() {
    sums.scope.close();
    measuredNorms = Optional.empty();
    sums = none();
  }

  public int size() {
    return slots.size();
  }

  /** A slot's flat vector [P] of its own kind, copied from the device. */
  public float[] parameters(int slot) {
    return copied(flat, slot);
  }

  private float[] copied(NDArray stack, int slot) {
    try (NDManager scope = owner.newSubManager()) {
      NDArray row = stack.get(slot);
      row.attach(scope);
      return trainable.relaid(row.toFloatArray(), kindOf(slot));
    }
  }

  /** What a slot's numbers are when it is alone. */
  Trainable kindOf(int slot) {
    return slots.get(slot).trainable();
  }

  Seat.Kind kind(int slot) {
    return slots.get(slot);
  }

  /** Updates of a slot that were applied. */
  long steps(int slot) {
    return Math.round(steps.toDoubleArray()[slot]);
  }

  /**
   * A slot as it could join another pack; what it accumulated since its last update is left out.
   */
  Slot slot(int slot) {
    return new Slot(
        slots.get(slot).training(),
        new SlotState(
            kindOf(slot),
            copied(flat, slot),
            copied(firstMoments, slot),
            copied(secondMoments, slot),
            steps(slot)));
  }

  /** A slot's weights as evaluation sees them; valid while this pack is open. */
  public TrainedState state(int slot) {
    return state(List.of(slot));
  }

  /** The same of some slots, ascending. */
  TrainedState state(List<Integer> some) {
    return new TrainedState(model, flat, scale, options, some);
  }

  /**
   * Other weights of a slot as evaluation sees them; valid while {@code scope} is open too.
   *
   * @param weights the slot's flat vector [P] of its own kind
   */
  TrainedState state(NDManager scope, int slot, float[] weights) {
    Trainable kind = kindOf(slot);
    double[] scales = kind.scales(slots.get(slot).training().lora());
    return new TrainedState(
        model,
        scope.create(weights, new Shape(1, weights.length)),
        scope.create(scales, new Shape(scales.length, 1, 1, 1)).toType(DataType.FLOAT32, false),
        scope.create(kind.options()),
        List.of(0));
  }

  @Override
  public void close() {
    owner.close();
  }
}
