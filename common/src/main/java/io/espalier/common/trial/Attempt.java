package io.espalier.common.trial;

import java.util.Comparator;

/**
 * One lease of a branch to one worker: a fencing number, never used twice.
 *
 * @param epoch which life of the coordinator granted it, from 1
 * @param number counts the leases of that life, from 1
 */
public record Attempt(long epoch, long number) implements Comparable<Attempt> {
  private static final Comparator<Attempt> ORDER =
      Comparator.comparingLong(Attempt::epoch).thenComparingLong(Attempt::number);

  @Override
  public int compareTo(Attempt other) {
    return ORDER.compare(this, other);
  }

  /** Reads what {@link #toString} writes. */
  public static Attempt parse(String text) {
    int dash = text.indexOf('-');
    return new Attempt(
        Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
  }

  @Override
  public String toString() {
    return epoch + "-" + number;
  }
}
