package io.espalier.worker.train;

import ai.djl.Device;
import io.espalier.common.Revision;
import io.espalier.common.trial.Provenance;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Gpus;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.model.Processor;
import java.util.Optional;

/** What this process trains by and on. */
final class Origin {
  private Origin() {}

  static Provenance of(BaseModel model, TokenizedDataset data, PeakMemory memory) {
    Processor processor = Processor.current();
    Device device = model.device();
    return new Provenance(
        Revision.current(),
        Libtorch.version(),
        device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu " + processor.name(),
        processor.instructionSet(),
        Runtime.version().toString(),
        data.summary().dataSha256(),
        data.summary().modelSha256(),
        memory.bytes(),
        device.isGpu() ? Gpus.of(device.getDeviceId()) : Optional.empty());
  }
}
