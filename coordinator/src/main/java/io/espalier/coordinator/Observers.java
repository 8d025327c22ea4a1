package io.espalier.coordinator;

import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;
import java.time.Duration;
import java.util.List;

/** Several as one. */
record Observers(List<Surroundings.Observer> all) implements Surroundings.Observer {
  Observers {
    all = List.copyOf(all);
  }

  @Override
  public void recovered(Sweep sweep) {
    all.forEach(one -> one.recovered(sweep));
  }

  @Override
  public void journaled(Duration took) {
    all.forEach(one -> one.journaled(took));
  }

  @Override
  public void happened(Sweep sweep, SweepEvent event) {
    all.forEach(one -> one.happened(sweep, event));
  }
}
