package io.espalier.worker.train;

import java.time.Clock;
import java.time.Duration;

/**
 * How often a branch leaves a checkpoint for the case that it is lost.
 *
 * @param every of time since the last one; zero for never
 * @param worth seconds of the branch's training for each that the last one took, while all that
 *     train beside it waited; where that is longer it counts
 */
public record Cadence(Duration every, double worth, Clock clock) {
  /** Only where others begin, and where trials end. */
  public static final Cadence NEVER = of(Duration.ZERO);

  /** What nobody chose: every minute, or as often as takes a twentieth of the time. */
  public static final Cadence USUAL = new Cadence(Duration.ofSeconds(60), 20, Clock.systemUTC());

  /** So often, however long it takes. */
  public static Cadence of(Duration every) {
    return new Cadence(every, 0, Clock.systemUTC());
  }

  boolean isNever() {
    return every.isZero();
  }
}
