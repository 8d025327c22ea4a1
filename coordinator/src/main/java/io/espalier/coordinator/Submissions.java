package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SpecSources;
import io.espalier.common.spec.SweepSpec;
import io.espalier.coordinator.api.Refused;
import io.espalier.coordinator.api.Refused.Reason;
import io.espalier.coordinator.api.Submission;
import io.espalier.coordinator.search.Search;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Which submissions from other hosts are taken: model and data need not be seen from here, unless
 * they were uploaded.
 */
record Submissions(UploadedFiles uploads) {
  /**
   * Blocks.
   *
   * @throws UserError with all that is wrong with it
   */
  SweepSpec accept(Submission submission) {
    Path directory = path(submission.directory());
    if (!directory.isAbsolute()) {
      throw new Refused(
          Reason.INVALID,
          "The directory '%s' is relative; expected the absolute one of the specification, as the nodes see it."
              .formatted(submission.directory()));
    }
    Map<String, Path> uploaded = new HashMap<>();
    submission.files().forEach((name, sha256) -> uploaded.put(name, uploads.expect(name, sha256)));
    SweepSpec spec =
        SpecReader.parse(
            submission.spec(), SpecSources.elsewhere(directory, uploaded), submission.source());
    uploaded.forEach((name, file) -> named(spec, name, file));
    Search.trials(spec);
    return spec;
  }

  private static Path path(String directory) {
    try {
      return Path.of(directory);
    } catch (InvalidPathException e) {
      throw new Refused(
          Reason.INVALID,
          "The directory is no path (%s); expected the absolute one of the specification."
              .formatted(e.getReason()),
          e);
    }
  }

  private static void named(SweepSpec spec, String name, Path file) {
    if (!spec.dataset().names(file.toString())) {
      throw new Refused(
          Reason.INVALID,
          "The specification names no file '%s'; send under 'files' its data sets' paths as it writes them."
              .formatted(name));
    }
  }
}
