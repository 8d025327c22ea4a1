package io.espalier.worker.memory;

import java.util.Locale;

/** A pass that would not fit, and was not tried. */
public final class NotEnoughMemory extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final double MEBIBYTE = 1 << 20;

  NotEnoughMemory(int slots, long tokens, double needed, double available) {
    super(
        String.format(
            Locale.ROOT,
            "not enough memory: a pass of %,d tokens%s takes about %,.0f MiB, and %,.0f MiB are"
                + " available to it",
            tokens,
            slots == 1 ? "" : " in %d trials".formatted(slots),
            needed / MEBIBYTE,
            available / MEBIBYTE));
  }
}
