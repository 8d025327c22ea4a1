package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * Where a branch stood after one of its updates, exactly: who begins here goes on bit for bit.
 *
 * @param update the last one that is in it, from 1
 * @param place of its file, relative to the sweep's directory
 * @param seconds of the device up to there, as {@link TrialResult#seconds}; 0 where it is not known
 */
public record Checkpoint(
    long update, String place, @JsonInclude(JsonInclude.Include.NON_DEFAULT) double seconds) {
  @JsonCreator
  public Checkpoint {
    if (update < 1) {
      throw new IllegalArgumentException("a checkpoint follows an update, from 1, not " + update);
    }
  }

  /** One of which the device time is not known. */
  public Checkpoint(long update, String place) {
    this(update, place, 0);
  }
}
