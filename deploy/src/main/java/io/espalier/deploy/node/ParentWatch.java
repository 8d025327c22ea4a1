package io.espalier.deploy.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Sees that the process which started this one is gone, however it ended: its end of the pipe that
 * is this one's standard input closes with it.
 */
public final class ParentWatch {
  private volatile boolean gone;

  private ParentWatch() {}

  /** Reads from then on; nobody else may. */
  public static ParentWatch on(InputStream standardInput) {
    ParentWatch watch = new ParentWatch();
    Thread thread = new Thread(() -> watch.read(standardInput), "parent-watch");
    thread.setDaemon(true);
    thread.start();
    return watch;
  }

  private void read(InputStream in) {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // A broken pipe is as good as a closed one.
    } finally {
      gone = true;
    }
  }

  public boolean isGone() {
    return gone;
  }
}
