package io.espalier.common.trial;

/**
 * Where a branch stood after one of its updates, exactly: who begins here goes on bit for bit.
 *
 * @param update the last one that is in it, from 1
 * @param place of its file, relative to the sweep's directory
 */
public record Checkpoint(long update, String place) {
  public Checkpoint {
    if (update < 1) {
      throw new IllegalArgumentException("a checkpoint follows an update, from 1, not " + update);
    }
  }
}
