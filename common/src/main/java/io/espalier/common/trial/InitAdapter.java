package io.espalier.common.trial;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The adapter that training starts from.
 *
 * @param directory absolute; in PEFT's layout
 * @param stated which of {@link Lora#SHAPE} the specification states: they must agree with the
 *     adapter's, the others are taken from it
 */
public record InitAdapter(String directory, Set<String> stated) {
  public InitAdapter {
    stated = Collections.unmodifiableSet(new TreeSet<>(stated));
  }
}
