package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Names a branch within its sweep; counts from 0. */
public record BranchId(@JsonValue int number) implements Comparable<BranchId> {
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public BranchId {
    if (number < 0) {
      throw new IllegalArgumentException("branch number " + number + " is negative");
    }
  }

  @Override
  public int compareTo(BranchId other) {
    return Integer.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Integer.toString(number);
  }
}
