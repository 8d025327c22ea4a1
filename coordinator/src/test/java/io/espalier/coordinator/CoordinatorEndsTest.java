package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Policy;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A coordinator that cannot work says so, and goes on from its journal when it is started again.
 */
class CoordinatorEndsTest {
  @TempDir Path folder;

  /** Throws where an actor calls it. */
  private record Broken(ScriptedSpecs whole, Supplier<Error> problem)
      implements Surroundings.Specs {
    @Override
    public SweepSpec read(Sweep.Origin origin) {
      return whole.read(origin);
    }

    @Override
    public Policy policy(SweepSpec spec) {
      return whole.policy(spec);
    }

    @Override
    public SweepView view(Sweep sweep, Optional<SweepSpec> spec) {
      throw problem.get();
    }

    @Override
    public String json(SweepView view) {
      return whole.json(view);
    }
  }

  @BeforeEach
  void write_what_the_spec_names() throws Exception {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("train.jsonl"), "{\"query\": \"a\", \"response\": \"b\"}\n");
  }

  private Coordinator start(Surroundings.Specs specs) {
    return Coordinator.start(CoordinatorConfig.embedded(folder.resolve("store")), specs);
  }

  private SweepId submit(Coordinator coordinator) throws Exception {
    SweepSpec spec = SpecReader.parse(Api.SPEC, folder, "demo.yaml");
    return coordinator
        .submit(spec, Api.SPEC, folder)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private void endsWith(Supplier<Error> problem, String reason) throws Exception {
    SweepId sweep;
    try (Coordinator coordinator = start(new Broken(new ScriptedSpecs(), problem))) {
      sweep = submit(coordinator);
      CompletableFuture<Void> ended = coordinator.whenEnded().toCompletableFuture();
      assertThat(ended).isNotDone();
      CompletableFuture<SweepView> asked = coordinator.view(sweep).toCompletableFuture();
      assertThatThrownBy(() -> ended.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(UserError.class)
          .hasMessageContaining(reason)
          .hasMessageContaining("started again on the same store");
      assertThat(asked).isNotCompleted();
    }
    try (Coordinator coordinator = start(new ScriptedSpecs())) {
      assertThat(coordinator.view(sweep).toCompletableFuture().get(30, TimeUnit.SECONDS).state())
          .isEqualTo(SweepView.State.RUNNING);
    }
  }

  @Test
  void it_ends_when_the_actor_of_a_sweep_dies() throws Exception {
    endsWith(
        () -> new AssertionError("cannot be"),
        "sweep-demo-1 died of java.lang.AssertionError: cannot be");
  }

  @Test
  void it_ends_when_memory_runs_out() throws Exception {
    endsWith(() -> new OutOfMemoryError("none left"), "a fatal error");
  }

  @Test
  void it_ends_without_a_complaint_when_it_is_closed() throws Exception {
    Coordinator coordinator = start(new ScriptedSpecs());
    coordinator.close();
    assertThat(coordinator.whenEnded().toCompletableFuture()).isCompleted();
  }
}
