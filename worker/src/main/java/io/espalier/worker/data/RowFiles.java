package io.espalier.worker.data;

import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.RowSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads a spec's files of rows one after another, and keeps account of what was left out. */
final class RowFiles {
  private final RowTokens tokens;
  private final Truncation truncation;
  private final DatasetSpec spec;
  private final List<String> leftOut = new ArrayList<>();
  private long skipped;

  RowFiles(RowTokens tokens, Truncation truncation, DatasetSpec spec) {
    this.tokens = tokens;
    this.truncation = truncation;
    this.spec = spec;
  }

  /**
   * The usable rows of several files, joined.
   *
   * @param set that they make: {@code train}, {@code eval} or {@code retention}
   * @return at least one
   * @throws io.espalier.common.UserError when a file has no row to use, or fewer than are asked for
   */
  List<RowTokens.Prepared> rows(String set, List<RowSource> sources) {
    String key = "dataset." + set;
    var rows = new ArrayList<RowTokens.Prepared>();
    for (RowSource source : sources) {
      RowFile file =
          RowFile.read(key, Path.of(source.path()), tokens, truncation, spec.skipBadSamples());
      skipped += file.skipped();
      file.leftOut().ifPresent(leftOut::add);
      rows.addAll(
          source.sample().isPresent()
              ? file.sampled(key + ": " + source, source.sample().getAsInt(), spec.dataSeed())
                  .rows()
              : file.rows());
    }
    return List.copyOf(rows);
  }

  /** Broken and too long rows so far. */
  long skipped() {
    return skipped;
  }

  /** For each file that lost rows how many and why, the first with its place. */
  List<String> leftOut() {
    return List.copyOf(leftOut);
  }
}
