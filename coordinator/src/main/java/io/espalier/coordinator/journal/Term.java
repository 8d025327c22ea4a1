package io.espalier.coordinator.journal;

/**
 * The time in which one coordinator is active, numbered by its epoch. On a shared journal it lasts
 * for a while only and must be renewed: whoever is frozen or cut off loses it, and another begins
 * the next.
 */
public interface Term {
  /** From 1, growing with each term on this journal. */
  long epoch();

  /**
   * Makes it last from now on.
   *
   * @return false when another term has begun: this one is over for good
   * @throws io.espalier.common.UserError when the journal cannot be reached
   */
  boolean renew();

  /** Whether no other can have begun yet, by this machine's own clock. */
  boolean lasts();

  /** Lets the next begin at once. */
  void end();
}
