package io.espalier.coordinator.api;

import io.espalier.coordinator.api.Backend.Export;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.StreamConverters;
import org.apache.pekko.util.ByteString;

/** Answers that are written while they are read. */
final class Streams {
  /** A client that reads nothing for so long is given up. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Streams() {}

  /**
   * What is written; ends with an error when writing does, so that a part is never taken for the
   * whole.
   *
   * @param disk runs what blocks
   */
  static Source<ByteString, NotUsed> of(Export export, Executor disk) {
    return StreamConverters.asOutputStream(PATIENCE)
        .viaMat(KillSwitches.single(), Keep.both())
        .mapMaterializedValue(
            ends -> {
              disk.execute(() -> write(export, ends));
              return NotUsed.getInstance();
            });
  }

  private static void write(Export export, Pair<OutputStream, UniqueKillSwitch> ends) {
    try (OutputStream out = ends.first()) {
      try {
        export.writeTo(out);
      } catch (Throwable e) {
        // Out of memory too: closing alone would make a part look whole.
        ends.second().abort(e);
      }
    } catch (IOException e) {
      ends.second().abort(e);
    }
  }
}
