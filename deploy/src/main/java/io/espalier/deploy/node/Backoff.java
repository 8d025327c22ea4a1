package io.espalier.deploy.node;

import java.time.Duration;

/**
 * How long to wait before a process that ended is started again: twice as long each time, until it
 * has lived for a while.
 *
 * @param next the pause after the next short life
 */
record Backoff(Duration next) {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  static final Backoff FIRST = new Backoff(SHORTEST);

  /** To be asked for the pause after a life of this length. */
  Backoff afterLife(Duration lived) {
    return lived.compareTo(LONGEST) >= 0 ? FIRST : this;
  }

  Backoff doubled() {
    Duration twice = next.multipliedBy(2);
    return new Backoff(twice.compareTo(LONGEST) > 0 ? LONGEST : twice);
  }
}
