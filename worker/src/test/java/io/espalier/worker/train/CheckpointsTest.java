package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When a branch leaves checkpoints, and those that cannot be written or read. */
class CheckpointsTest extends ResumedBranches {
  /** Each time somebody looks, ten seconds have gone by. */
  private static final class TenSecondsALook extends Clock {
    private Instant now = Instant.EPOCH;

    @Override
    public Instant instant() {
      now = now.plusSeconds(10);
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** Of a branch with a trial that ends after two updates. */
  private BranchRun trained(Told told, double worth) {
    Lease lease = Leases.lease(training(Map.of()), Leases.NON_FINITE_ONLY, sweep, 2, UPDATES);
    BranchRun run =
        new BranchRun(
            lease,
            model,
            data,
            Arrays::toString,
            told,
            new Cadence(Duration.ofSeconds(55), worth, new TenSecondsALook()),
            PassCost.UNKNOWN);
    Lane.train(List.of(run));
    return run;
  }

  @Test
  void checkpoints_that_take_long_for_what_is_trained_between_them_are_not_left_every_so_often() {
    var told = new Told();
    trained(told, 1e9);

    assertThat(told.checkpoints).extracting(Checkpoint::update).containsExactly(2L);
  }

  @Test
  void checkpoints_are_left_where_trials_end_and_every_so_often() {
    var told = new Told();
    BranchRun run = trained(told, 0);

    assertThat(told.checkpoints).extracting(Checkpoint::update).containsExactly(2L, 7L);
    run.checkpointKept(7);
    run.forgetCheckpoints();
    assertThat(sweep.resolve(told.checkpoints.get(0).place())).doesNotExist();
  }

  @Test
  void a_checkpoint_that_is_damaged_missing_or_of_another_training_is_named() throws IOException {
    Lease lease = lease(training(Map.of()));
    var told = new Told();
    trained(leaving(lease, 4L), told);
    Checkpoint start = told.checkpoints.get(0);
    Path file = sweep.resolve(start.place());
    byte[] whole = Files.readAllBytes(file);

    for (int at = 0; at < whole.length; at += Math.max(1, whole.length / 40)) {
      byte[] flipped = whole.clone();
      flipped[at] ^= 4;
      Files.write(file, flipped);
      assertThat(reason(from(lease, start))).startsWith("checkpoint " + file);
    }
    Files.write(file, Arrays.copyOf(whole, whole.length - 5));
    assertThat(reason(from(lease, start))).contains("damaged or cut short");
    Files.write(file, Arrays.copyOf(whole, 3));
    assertThat(reason(from(lease, start))).contains("cut short");
    Files.write(file, whole);
    assertThat(reason(from(lease(training(Map.of("lora_rank", "2"))), start)))
        .contains("is of another training: trained tensors");
    assertThat(reason(from(lease, new Checkpoint(5, start.place()))))
        .contains("stands after update 4, not 5");
    Files.delete(file);
    assertThat(reason(from(lease, start))).isEqualTo("checkpoint %s is not there".formatted(file));
  }

  private static String reason(Lease lease) {
    List<TrialResult> results = trained(lease, new Told());
    assertThat(results.get(0).outcome()).isInstanceOf(Outcome.Failed.class);
    return results.get(0).outcome().reason();
  }

  @Test
  void a_checkpoint_that_cannot_be_written_stops_no_training() throws IOException {
    Lease lease = lease(training(Map.of()));
    Path attempt = Files.createDirectories(sweep.resolve("branches/0/1-1"));
    Files.writeString(attempt.resolve("checkpoints"), "in the way");
    var told = new Told();

    List<TrialResult> results = trained(leaving(lease, 4L), told);

    assertThat(told.checkpoints).isEmpty();
    assertThat(results).extracting(TrialResult::outcome).containsOnly(new Outcome.Completed());
    assertThat(Files.readString(attempt.resolve("trial.log"))).contains("cannot be written");
  }
}
