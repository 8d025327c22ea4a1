package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A point of the search space: counts from 0 in grid order, the last key fastest. */
public record TrialId(@JsonValue int number) implements Comparable<TrialId> {
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public TrialId {
    if (number < 0) {
      throw new IllegalArgumentException("trial number " + number + " is negative");
    }
  }

  @Override
  public int compareTo(TrialId other) {
    return Integer.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Integer.toString(number);
  }
}
