package io.espalier.coordinator.metrics;

import io.espalier.common.protocol.Lease;

/** Rows arrived out of order: the one expected next is missing. */
final class SequenceGap extends Exception {
  private static final long serialVersionUID = 1L;

  private final long expected;

  SequenceGap(Lease.Key lease, long expected, long got) {
    super("row %d of %s arrived where %d is next".formatted(got, lease, expected));
    this.expected = expected;
  }

  long expected() {
    return expected;
  }
}
