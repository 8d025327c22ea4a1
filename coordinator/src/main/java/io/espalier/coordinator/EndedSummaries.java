package io.espalier.coordinator;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepSummary;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Summaries of sweeps that have ended. Their views are large, and lists are asked for often: a file
 * is read again only when it has changed. Blocks; any thread may ask.
 */
final class EndedSummaries {
  private final SweepFiles files;
  private final Map<SweepId, Kept> kept = new ConcurrentHashMap<>();

  private record Kept(FileTime written, SweepSummary summary) {}

  EndedSummaries(SweepFiles files) {
    this.files = files;
  }

  /** Empty when there is no file, or none of a sweep's end. */
  Optional<SweepSummary> of(SweepId sweep) {
    Optional<FileTime> written = files.written(sweep);
    if (written.isEmpty()) {
      kept.remove(sweep);
      return Optional.empty();
    }
    Kept before = kept.get(sweep);
    if (before != null && before.written().equals(written.get())) {
      return Optional.of(before.summary());
    }
    Optional<SweepSummary> read = files.ended(sweep).map(SweepSummary::of);
    read.ifPresent(summary -> kept.put(sweep, new Kept(written.get(), summary)));
    return read;
  }
}
