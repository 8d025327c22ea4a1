package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.NOW;

import java.util.List;

/** One sweep's life under a policy, told input by input. */
public final class Life {
  private final Policy policy;
  private Sweep sweep = Sweep.unsubmitted(Examples.SWEEP);

  public Life(Policy policy) {
    this.policy = policy;
  }

  public List<SweepEvent> tell(SweepInput input) {
    List<SweepEvent> events = Decisions.decide(sweep, input, policy);
    events.forEach(event -> sweep = sweep.apply(event));
    return events;
  }

  /** Submitted, prepared and planned, with leases for so many branches. */
  public Life running(int slots) {
    tell(new SweepInput.Submit("name: test", "/specs", NOW));
    tell(new SweepInput.Ask(Examples.ANN, Examples.room(slots), 1, NOW));
    tell(new SweepInput.Prepared(Examples.ANN, Examples.DATASET, NOW));
    tell(new SweepInput.Ask(Examples.ANN, Examples.room(slots), 1, NOW));
    return this;
  }

  public Sweep sweep() {
    return sweep;
  }
}
