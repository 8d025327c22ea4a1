package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.model.BaseModel;
import java.util.List;

/** Packs for tests. */
final class Packs {
  private Packs() {}

  /** One slot for each training, each starting from its own seed. */
  static Pack fresh(BaseModel model, Training... trainings) {
    AdapterLayout layout = AdapterLayout.of(model.config(), trainings[0].lora());
    int size = Math.toIntExact(layout.parameters());
    float[] start = new float[trainings.length * size];
    for (int slot = 0; slot < trainings.length; slot++) {
      float[] values =
          AdapterInit.values(
              layout, trainings[slot].seed(), () -> model.firstValues(layout.options()));
      System.arraycopy(values, 0, start, slot * size, size);
    }
    return new Pack(model, new Trainable.Adapter(layout), List.of(trainings), start);
  }
}
