package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.model.BaseModel;
import java.util.Arrays;
import java.util.List;

/** Packs for tests. */
final class Packs {
  private Packs() {}

  /** One slot for each training, each starting from its own seed. */
  static Pack fresh(BaseModel model, Training... trainings) {
    return new Pack(model, Arrays.stream(trainings).map(one -> slot(model, one)).toList());
  }

  /** A slot that starts from its own seed. */
  static Slot slot(BaseModel model, Training training) {
    AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
    float[] values =
        AdapterInit.values(layout, training.seed(), () -> model.firstValues(layout.options()));
    return Slot.fresh(training, new Trainable.Adapter(layout), values);
  }

  /** Rows whose targets all weigh the same. */
  static MicroBatch.Part part(List<TokenRow> rows, double share, long[] keys) {
    double[] shares = new double[rows.size()];
    Arrays.fill(shares, share);
    return new MicroBatch.Part(rows, shares, keys);
  }

  /** Trains a branch in a lane of its own, to its end. */
  static List<TrialResult> alone(BranchRun run) {
    return together(List.of(run)).get(0);
  }

  /** Trains branches in one lane, to the end of all. */
  static List<List<TrialResult>> together(List<BranchRun> runs) {
    Lane.train(runs);
    return runs.stream().map(BranchRun::results).toList();
  }
}
