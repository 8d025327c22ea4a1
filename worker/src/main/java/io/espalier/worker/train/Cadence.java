package io.espalier.worker.train;

import java.time.Clock;
import java.time.Duration;

/**
 * How often a branch leaves a checkpoint for the case that it is lost.
 *
 * @param every of time since the last one; zero for never
 */
public record Cadence(Duration every, Clock clock) {
  /** Only where others begin, and where trials end. */
  public static final Cadence NEVER = new Cadence(Duration.ZERO, Clock.systemUTC());

  boolean isNever() {
    return every.isZero();
  }
}
