package io.espalier.worker.train;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.checkpoint.BranchState;
import io.espalier.worker.checkpoint.CheckpointFile;
import io.espalier.worker.checkpoint.Fingerprint;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.InitialAdapter;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;

/**
 * What a branch begins with: an adapter, one that was trained before, all weights, a checkpoint.
 */
final class BranchStart {
  private final Lease lease;
  private final BaseModel model;
  private final TokenizedDataset data;
  private final Training training;

  BranchStart(Lease lease, BaseModel model, TokenizedDataset data) {
    this.lease = lease;
    this.model = model;
    this.data = data;
    training = lease.branch().config().training();
  }

  /** Before its first update. */
  Slot fresh() {
    if (training.trainType() == TrainType.FULL) {
      return Slot.fresh(
          training, new Trainable.AllWeights(model.layout(), model.config()), new float[0]);
    }
    if (training.initAdapter().isPresent()) {
      PeftFormat.Adapter begun =
          InitialAdapter.read(training.initAdapter().get(), training.lora(), model.config());
      return Slot.fresh(
          training.with(begun.layout().lora()),
          new Trainable.Adapter(begun.layout()),
          begun.values());
    }
    AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
    float[] values =
        AdapterInit.values(layout, training.seed(), () -> model.firstValues(layout.options()));
    return Slot.fresh(training, new Trainable.Adapter(layout), values);
  }

  /**
   * What a checkpoint holds.
   *
   * @param own {@link #fingerprint}
   * @throws io.espalier.common.UserError if it is of other training
   */
  BranchState read(Checkpoint at, Fingerprint own) {
    return CheckpointFile.read(ResumePoints.file(lease, at), own, at.update());
  }

  /** The fresh slot as the checkpoint has it. */
  static Slot resumed(Slot fresh, BranchState found) {
    return new Slot(
        fresh.training(),
        new SlotState(
            fresh.state().trainable(),
            found.weights(),
            found.firstMoments(),
            found.secondMoments(),
            found.standing().steps()));
  }

  /** Of the checkpoints that belong to it. */
  Fingerprint fingerprint(Trainable trainable) {
    return new Fingerprint(
        Fingerprint.layout(trainable.tensors()),
        trainable.parameters(),
        training.optimizer().word(),
        data.summary().modelSha256(),
        data.summary().dataSha256(),
        training.seed(),
        training.effectiveBatch());
  }
}
