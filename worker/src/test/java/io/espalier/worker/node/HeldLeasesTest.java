package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Outcome;
import io.espalier.worker.metrics.WorkerMetrics;
import io.espalier.worker.model.ModelPlaces;
import io.espalier.worker.train.Cadence;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldLeasesTest {
  @TempDir Path folder;

  @Test
  void a_result_without_all_its_rows_is_told_as_a_failure_also_by_the_next_process() {
    ResultSpool results = new ResultSpool(folder);
    results.keep(ResultSpoolTest.ended(1));
    try (var trunks =
            new Trunks(
                Device.cpu(),
                new ModelPlaces(List.of(), folder),
                ReadablePlaces.anywhere(),
                Clock.systemUTC());
        var metrics =
            new MetricsSender(new WorkerId("ann"), folder.resolve("rows"), Optional.empty());
        var leases =
            new HeldLeases(
                new Lanes(1, LaneSlots.of(1), trunks, Cadence.NEVER),
                metrics,
                results,
                new WorkerMetrics(),
                Duration.ZERO,
                Clock.systemUTC())) {
      assertThat(leases.ended()).containsExactly(ResultSpoolTest.ended(1));

      leases.rowsLost(ResultSpoolTest.ended(1).lease());

      HeldLeases.Ended told = leases.ended().get(0);
      assertThat(told.results().get(0).outcome()).isInstanceOf(Outcome.Failed.class);
      assertThat(told.lastSequence()).as("it waits for no row").isZero();
      assertThat(results.left()).containsExactly(told);
    }
  }
}
