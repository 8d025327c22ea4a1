package io.espalier.coordinator.sweep;

import io.espalier.common.trial.Outcome;

/**
 * How a lease shall end before its branch's last update.
 *
 * @param outcome what its worker is told
 * @param goesOn whether the branch is to be trained on later, so that a checkpoint must be left
 */
public record Halt(Outcome outcome, boolean goesOn) {
  /** For good. */
  public static Halt forGood(Outcome outcome) {
    return new Halt(outcome, false);
  }
}
