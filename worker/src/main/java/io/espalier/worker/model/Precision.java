package io.espalier.worker.model;

import io.espalier.common.trial.Training.TorchDtype;
import java.util.Optional;

/** The number format of a base model on its device, and of what flows between its layers. */
public enum Precision {
  FLOAT32(6),
  BFLOAT16(15);

  /** libtorch's number for it (c10/core/ScalarType.h). */
  final int scalarType;

  Precision(int scalarType) {
    this.scalarType = scalarType;
  }

  /** What a training asks of a model; empty: float32. */
  public static Precision of(Optional<TorchDtype> asked, ModelConfig model) {
    boolean stored = model.dtype().equals("bfloat16");
    return asked.filter(dtype -> dtype == TorchDtype.BFLOAT16 || stored).isPresent()
        ? BFLOAT16
        : FLOAT32;
  }
}
