package io.espalier.coordinator;

import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.Policy;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whatever the spec's search says, there are two branches; a loss above 10 is hopeless. */
record ScriptedSpecs() implements Surroundings.Specs {
  @Override
  public SweepSpec read(Sweep.Origin origin) {
    return SpecReader.parse(origin.yaml(), Path.of(origin.baseDirectory()), "demo.yaml");
  }

  @Override
  public Policy policy(SweepSpec spec) {
    return Examples.policy(10, 46, 92);
  }

  @Override
  public SweepView view(Sweep sweep, Optional<SweepSpec> spec) {
    return new SweepView(
        sweep.id(),
        sweep.end().map(Sweep.End::state).orElse(SweepView.State.RUNNING),
        sweep.end().flatMap(Sweep.End::problem),
        new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of()),
        spec.map(SweepSpec::taskSettings),
        sweep.origin().submitted(),
        sweep.end().map(Sweep.End::time),
        sweep.preparation().dataset(),
        List.of(),
        List.of());
  }

  @Override
  public String json(SweepView view) {
    return view.state().toString();
  }
}
