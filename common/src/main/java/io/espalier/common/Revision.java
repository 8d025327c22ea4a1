package io.espalier.common;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** Which sources this program was built from. */
public final class Revision {
  private Revision() {}

  /**
   * The git commit, with {@code -dirty} when the sources differed from it; {@code unknown} when
   * they were built outside a git repository.
   */
  public static String current() {
    var properties = new Properties();
    String name = "/espalier-revision.properties";
    try (InputStream in = Objects.requireNonNull(Revision.class.getResourceAsStream(name), name)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("revision");
  }
}
