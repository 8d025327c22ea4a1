package io.espalier.worker.node;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a spool directory to one process. The lock is the operating system's: it ends with the
 * process, and the file may stay.
 */
public final class SpoolLock implements AutoCloseable {
  private static final long LOOK_MILLIS = 100;

  private final FileChannel channel;

  private SpoolLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Makes the directory when it is missing.
   *
   * @param patience how long another process may still take to end
   * @throws UserError when another worker uses it, or it cannot be written
   */
  public static SpoolLock on(Path spool, Duration patience) {
    Path file = spool.resolve("lock");
    try {
      Files.createDirectories(spool);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!locked(channel, patience)) {
        channel.close();
        throw new UserError(
            "The spool directory %s is in use by another worker (process %s). Each worker needs its own: end that one, or choose another directory with --spool."
                .formatted(spool.toAbsolutePath().normalize(), Files.readString(file).strip()));
      }
      channel.truncate(0);
      String process = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(process.getBytes(StandardCharsets.UTF_8)));
      return new SpoolLock(channel);
    } catch (IOException e) {
      throw new UserError(
          "The spool directory %s cannot be used: %s. It must be a directory this user may write to; choose another with --spool."
              .formatted(spool.toAbsolutePath().normalize(), e),
          e);
    }
  }

  private static boolean locked(FileChannel channel, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!locked(channel)) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException("the spool's lock cannot be given back", e);
    }
  }
}
