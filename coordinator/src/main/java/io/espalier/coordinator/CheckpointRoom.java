package io.espalier.coordinator;

import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How much the exact checkpoints of ended sweeps may take together. Pure.
 *
 * @param bytes beyond which the oldest give theirs up; those of the sweep that ended last stay
 */
record CheckpointRoom(long bytes) {

  /**
   * What an ended sweep could go on from.
   *
   * @param bytes of its checkpoints
   */
  record Held(SweepId sweep, Instant ended, long bytes) {}

  /** The sweeps whose checkpoints are too many, oldest first. */
  List<SweepId> over(List<Held> all) {
    var over = new ArrayList<SweepId>();
    long taken = 0;
    boolean first = true;
    for (Held held : all.stream().sorted(Comparator.comparing(Held::ended).reversed()).toList()) {
      taken += held.bytes();
      if (!first && held.bytes() > 0 && taken > bytes) {
        over.add(0, held.sweep());
        taken -= held.bytes();
      }
      first = false;
    }
    return over;
  }
}
