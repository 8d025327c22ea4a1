package io.espalier.worker.train;

import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Training;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.WeightLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What the numbers of a slot's flat vector are. */
public sealed interface Trainable {
  /** Numbers P of one slot. */
  long parameters();

  /** Name and shape of each tensor in the flat vector, in its order. */
  Stream<String> tensors();

  /**
   * For the engine's script: whether all weights are trained, whether adapters have magnitudes,
   * rank of each module's adapter (0 for none).
   */
  long[] options();

  /** What each module's product is scaled with in a slot: one number for each rank. */
  double[] scales(Lora lora);

  /** Numbers of each tensor in the flat vector, in its order. */
  long[] sizes();

  /** What a slot's learning rate is multiplied with for each of these tensors. */
  double[] rateFactors(Training training);

  /** Whether slots of both kinds can be in one pack. */
  boolean sharesPackWith(Trainable other);

  /**
   * Whether flat vectors of another kind that shares packs with this are as long, number by number.
   */
  boolean liesAs(Trainable other);

  /** What has room for all of these, which {@link #sharesPackWith share a pack}. */
  static Trainable covering(List<Trainable> all) {
    if (all.get(0) instanceof Adapter) {
      return new Adapter(
          AdapterLayout.covering(all.stream().map(one -> ((Adapter) one).layout()).toList()));
    }
    return all.get(0);
  }

  /**
   * Numbers of this kind as those of another that shares packs with it.
   *
   * @param values flat vector [P]
   */
  float[] relaid(float[] values, Trainable other);

  /** Weights, two moments, gradients of the update so far and of the pass, all in float32. */
  static double bytesOfSlot(BaseModel model, Training training) {
    long parameters =
        training.trainType() == Training.TrainType.FULL
            ? new AllWeights(model.layout(), model.config()).parameters()
            : AdapterLayout.of(model.config(), training.lora()).parameters();
    return 4.0 * 5 * parameters;
  }

  /** Whether some of those factors are not 1. */
  static boolean hasRatesOfItsOwn(Training training) {
    return training.lora().lrRatio() != 1 || training.layerwiseLrDecay() != 1;
  }

  /** An adapter on the frozen base. */
  record Adapter(AdapterLayout layout) implements Trainable {
    @Override
    public long parameters() {
      return layout.parameters();
    }

    @Override
    public Stream<String> tensors() {
      return layout.matrices().stream().map(one -> one.peftName() + Arrays.toString(one.shape()));
    }

    @Override
    public long[] options() {
      return layout.options();
    }

    @Override
    public double[] scales(Lora lora) {
      return layout.scales(lora);
    }

    @Override
    public boolean sharesPackWith(Trainable other) {
      return other instanceof Adapter adapter && layout.adaptsAs(adapter.layout);
    }

    @Override
    public boolean liesAs(Trainable other) {
      return layout.liesAs(((Adapter) other).layout);
    }

    @Override
    public float[] relaid(float[] values, Trainable other) {
      return layout.relaid(values, ((Adapter) other).layout);
    }

    @Override
    public long[] sizes() {
      return layout.matrices().stream().mapToLong(Matrix::size).toArray();
    }

    @Override
    public double[] rateFactors(Training training) {
      return layout.matrices().stream().mapToDouble(one -> rateFactor(one, training)).toArray();
    }

    private double rateFactor(Matrix matrix, Training training) {
      int above = Math.max(0, layout.layers() - 1 - matrix.module().layer());
      double factor = Math.pow(training.layerwiseLrDecay(), above);
      boolean slow = matrix.side() == Side.A || matrix.side() == Side.HEAD;
      return slow ? factor : factor * training.lora().lrRatio();
    }
  }

  /** Every weight of the model. */
  record AllWeights(WeightLayout layout, ModelConfig config) implements Trainable {
    @Override
    public long parameters() {
      return layout.parameters();
    }

    @Override
    public Stream<String> tensors() {
      return layout.entries().stream().map(one -> one.name() + Arrays.toString(one.shape()));
    }

    @Override
    public long[] options() {
      long[] options = new long[3 + config.modules().size()];
      options[0] = 1;
      return options;
    }

    @Override
    public double[] scales(Lora lora) {
      return new double[config.modules().size()];
    }

    @Override
    public boolean sharesPackWith(Trainable other) {
      return false;
    }

    @Override
    public boolean liesAs(Trainable other) {
      return true;
    }

    @Override
    public float[] relaid(float[] values, Trainable other) {
      return values;
    }

    @Override
    public long[] sizes() {
      return layout.entries().stream().mapToLong(WeightLayout.Entry::size).toArray();
    }

    @Override
    public double[] rateFactors(Training training) {
      return layout.entries().stream()
          .mapToDouble(
              one -> Math.pow(training.layerwiseLrDecay(), one.layersAbove(config.layers())))
          .toArray();
    }
  }
}
