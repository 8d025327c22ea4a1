package io.espalier.deploy.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Standard output or error in UTF-8, which JDK 17 takes from the locale. */
public final class StandardStream extends PrintStream {
  private final Target target;

  /** Onto one of the process's descriptors. */
  public StandardStream(FileDescriptor descriptor) {
    this(new FileOutputStream(descriptor));
  }

  StandardStream(OutputStream out) {
    this(new Target(out));
  }

  private StandardStream(Target target) {
    super(target, true, StandardCharsets.UTF_8);
    this.target = target;
  }

  /** Whether who read it has stopped, as {@code head} does. */
  boolean isNoLongerRead() {
    return target.broken;
  }

  /** Keeps why a write failed, which a PrintStream does not tell. */
  private static final class Target extends FilterOutputStream {
    private volatile boolean broken;

    Target(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        out.write(bytes, from, count);
        out.flush();
      } catch (IOException e) {
        // What Linux calls EPIPE.
        broken = "Broken pipe".equals(e.getMessage());
        throw e;
      }
    }
  }
}
