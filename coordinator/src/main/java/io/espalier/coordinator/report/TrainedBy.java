package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.TrialResult;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What a trial was trained by and on, and what it took. Pure. */
final class TrainedBy {
  private static final double MEBIBYTE = 1 << 20;

  private TrainedBy() {}

  /** Values by their labels; empty until it has ended. */
  static Map<String, String> of(TrialView trial) {
    var values = new LinkedHashMap<String, String>();
    trial.result().ifPresent(result -> took(values, result));
    trial.result().flatMap(TrialResult::provenance).ifPresent(by -> by(values, by));
    return values;
  }

  private static void took(Map<String, String> values, TrialResult result) {
    values.put(
        "trained",
        String.format(
            Locale.ROOT,
            "%,d updates, %s epochs, %,d rows, %,d tokens",
            result.updates(),
            Numbers.text(result.epochs()),
            result.samples(),
            result.tokens()));
    values.put("device time", Numbers.text(result.seconds()) + " s");
  }

  private static void by(Map<String, String> values, Provenance by) {
    values.put(
        "peak memory",
        String.format(
            Locale.ROOT, "%,.0f MiB of its process on the host", by.peakMemoryBytes() / MEBIBYTE));
    values.put("espalier", by.revision());
    values.put("libtorch", by.libtorch());
    values.put("device", by.device());
    by.gpu().ifPresent(gpu -> gpu(values, gpu));
    values.put("instruction set", by.instructionSet());
    values.put("java", by.java());
    values.put("data sha256", by.dataSha256());
    values.put("model sha256", by.modelSha256());
  }

  private static void gpu(Map<String, String> values, Provenance.Gpu gpu) {
    values.put("gpu", gpu.name());
    values.put("gpu driver", gpu.driver());
    gpu.cuda().ifPresent(version -> values.put("cuda", version));
  }
}
