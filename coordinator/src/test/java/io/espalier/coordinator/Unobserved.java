package io.espalier.coordinator;

import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;

/** Sweeps of which nobody counts or shows what happens. */
record Unobserved() implements Surroundings.Observer {
  @Override
  public void recovered(Sweep sweep) {}

  @Override
  public void happened(Sweep sweep, SweepEvent event) {}
}
