package io.espalier.coordinator.api;

import java.util.Map;

/**
 * A sweep to begin.
 *
 * @param spec its specification, in YAML
 * @param source what stands before the line numbers of messages: the file it was read from
 * @param directory absolute; relative paths of the specification start from it
 * @param files SHA-256 of the content of those dataset files that were uploaded, by their path as
 *     the specification writes it; all others are looked for from {@code directory}
 */
public record Submission(String spec, String source, String directory, Map<String, String> files) {
  public Submission {
    files = Map.copyOf(files);
  }
}
