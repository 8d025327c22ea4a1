package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultSpoolTest {
  @TempDir Path spool;

  static HeldLeases.Ended ended(int branch) {
    return new HeldLeases.Ended(
        new Lease.Key(new SweepId("demo-1"), new BranchId(branch), new Attempt(2, 17)),
        List.of(
            new TrialResult(
                new TrialId(4),
                new Outcome.Completed(),
                46,
                2,
                180,
                8000,
                OptionalDouble.of(0.5),
                Map.of("eval_loss", Double.NaN),
                12.5,
                Optional.of("branches/4/2-17/adapter"),
                Optional.of(
                    new Provenance(
                        "0a", "2.7.1", "cpu", "AVX", "17", "d", "m", 1, Optional.empty())))),
        57,
        Optional.empty());
  }

  private static HeldLeases.Ended killed(int branch) {
    HeldLeases.Ended whole = ended(branch);
    Verdict verdict =
        new Verdict("non_finite", 3, Double.NaN, 0, List.of(Double.POSITIVE_INFINITY), "NaN");
    TrialResult one =
        new TrialResult(
            new TrialId(5),
            new Outcome.Killed(verdict),
            2,
            0.1,
            8,
            300,
            OptionalDouble.empty(),
            Map.of(),
            0.5,
            Optional.empty(),
            Optional.empty());
    var rested = new Checkpoint(3, "branches/5/2-17/checkpoints/3");
    return new HeldLeases.Ended(whole.lease(), List.of(one), 3, Optional.of(rested));
  }

  /** The version that finds a result need not be the one that kept it. */
  @Test
  void results_are_kept_and_found_as_they_always_were() throws IOException {
    Path recorded = Path.of("src/test/resources/io/espalier/worker/node/golden/results");
    Path written = Path.of("target/golden");
    ResultSpool now = new ResultSpool(written);
    now.keep(ended(1));
    now.keep(killed(2));

    assertThat(new ResultSpool(recorded.getParent()).left()).containsExactly(ended(1), killed(2));
    for (String name : List.of("demo-1_1_2-17.json", "demo-1_2_2-17.json")) {
      assertThat(written.resolve("results").resolve(name))
          .hasSameTextualContentAs(recorded.resolve(name));
    }
  }

  @Test
  void the_next_process_finds_every_result_until_it_is_acknowledged() {
    ResultSpool first = new ResultSpool(spool);
    first.keep(ended(1));
    first.keep(killed(2));
    first.keep(ended(3));
    first.forget(ended(3).lease());

    assertThat(new ResultSpool(spool).left()).containsExactly(ended(1), killed(2));
  }

  @Test
  void what_is_no_result_is_passed_over() throws IOException {
    ResultSpool results = new ResultSpool(spool);
    results.keep(ended(1));
    Files.writeString(spool.resolve("results/demo-1_0_2-16.json"), "{\"lease\"");

    assertThat(results.left()).containsExactly(ended(1));
  }
}
