package io.espalier.common.spec;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where the files are that a specification names.
 *
 * @param directory absolute; relative paths start from it
 * @param uploaded files of rows that are kept elsewhere, by their path as the specification writes
 *     it
 * @param here whether all others are looked for at once; if not, only those who use them will know
 */
public record SpecSources(Path directory, Map<String, Path> uploaded, boolean here) {
  public SpecSources {
    uploaded = Map.copyOf(uploaded);
  }

  /** On this host, where each file has to be there. */
  public static SpecSources here(Path directory) {
    return new SpecSources(directory, Map.of(), true);
  }

  /** On the hosts of the workers, which this one need not see. */
  public static SpecSources elsewhere(Path directory, Map<String, Path> uploaded) {
    return new SpecSources(directory, uploaded, false);
  }
}
