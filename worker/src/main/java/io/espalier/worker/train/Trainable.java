package io.espalier.worker.train;

import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.model.WeightLayout;

/** What the numbers of a slot's flat vector are. */
public sealed interface Trainable {
  /** Numbers P of one slot. */
  long parameters();

  /** Rank for the engine's script; 0 says that all weights are trained. */
  long rank();

  /** Adapted modules for the engine's script, one bit each. */
  long moduleBits();

  /** What an adapter's product is multiplied with. */
  double scale();

  /** An adapter on the frozen base. */
  record Adapter(AdapterLayout layout) implements Trainable {
    @Override
    public long parameters() {
      return layout.parameters();
    }

    @Override
    public long rank() {
      return layout.lora().rank();
    }

    @Override
    public long moduleBits() {
      return layout.moduleBits();
    }

    @Override
    public double scale() {
      return layout.lora().scale();
    }
  }

  /** Every weight of the model. */
  record AllWeights(WeightLayout layout) implements Trainable {
    @Override
    public long parameters() {
      return layout.parameters();
    }

    @Override
    public long rank() {
      return 0;
    }

    @Override
    public long moduleBits() {
      return 0;
    }

    @Override
    public double scale() {
      return 0;
    }
  }
}
