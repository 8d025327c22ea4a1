package io.espalier.worker.data;

import io.espalier.common.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The usable rows of one file, tokenized and cut to size, in file order.
 *
 * @param rows at least one
 * @param skipped broken or too long rows left out
 * @param leftOut what was skipped and why, when anything was
 */
record RowFile(List<RowTokens.Prepared> rows, long skipped, Optional<String> leftOut) {

  /**
   * @param key of the spec that names the file, for errors
   * @throws UserError when the file cannot be read or no row is left
   */
  static RowFile read(
      String key, Path file, RowTokens tokens, Truncation truncation, boolean skipBadSamples) {
    var reading = new Reading(key, file, tokens, truncation, skipBadSamples);
    JsonRows.visit(key, file, reading);
    return reading.finished();
  }

  /**
   * Some of the rows, in file order: a pure function of (rows, seed); fewer are among more.
   *
   * @throws UserError when there are fewer
   */
  RowFile sampled(String source, int count, long seed) {
    if (count > rows.size()) {
      throw new UserError(
          "%s asks for %d rows, but only %d can be used; lower the number or leave it out"
              .formatted(source, count, rows.size()));
    }
    int[] chosen = Arrays.copyOf(RowOrder.shuffled(rows.size(), seed, RowOrder.SAMPLE), count);
    Arrays.sort(chosen);
    return new RowFile(Arrays.stream(chosen).mapToObj(rows::get).toList(), skipped, leftOut);
  }

  private static final class Reading implements JsonRows.Visitor {
    private final String key;
    private final Path file;
    private final RowTokens tokens;
    private final Truncation truncation;
    private final boolean skipBadSamples;
    private final List<RowTokens.Prepared> rows = new ArrayList<>();
    private long tooLong;
    private int shortestTooLong = Integer.MAX_VALUE;
    private String firstTooLong = "";
    private long broken;
    private String firstBroken = "";

    Reading(
        String key, Path file, RowTokens tokens, Truncation truncation, boolean skipBadSamples) {
      this.key = key;
      this.file = file;
      this.tokens = tokens;
      this.truncation = truncation;
      this.skipBadSamples = skipBadSamples;
    }

    @Override
    public void row(String place, JsonRows.Written row) {
      try {
        add(place, tokens.prepare(row.json()));
      } catch (BadRow e) {
        String problem = place + ": " + e.getMessage();
        if (!skipBadSamples) {
          throw new UserError(
              problem + ". Mend the row, or leave such rows out with dataset.on_bad_sample: skip",
              e);
        }
        if (broken++ == 0) {
          firstBroken = problem;
        }
      } catch (UserError e) {
        throw new UserError(place + ": " + e.getMessage(), e);
      }
    }

    private void add(String place, RowTokens.Prepared prepared) throws BadRow {
      TokenRow whole = prepared.tokens();
      TokenRow cut = truncation.apply(whole, prepared.ends()).orElse(null);
      if (cut == null) {
        if (tooLong++ == 0) {
          firstTooLong = "%s has %d tokens".formatted(place, whole.length());
        }
        shortestTooLong = Math.min(shortestTooLong, whole.length());
      } else if (cut.targets() == 0) {
        throw new BadRow(
            "no target is left of %d tokens cut to max_length %d; raise training.max_length or set"
                    .formatted(whole.length(), truncation.maxLength())
                + " truncation_strategy: delete");
      } else {
        rows.add(prepared.cutTo(cut));
      }
    }

    RowFile finished() {
      if (!rows.isEmpty()) {
        return new RowFile(List.copyOf(rows), tooLong + broken, leftOut());
      }
      if (tooLong + broken == 0) {
        throw new UserError(
            "%s: %s holds no rows; write one JSON object a line".formatted(key, file));
      }
      var problem = new StringBuilder("%s: no row of %s can be used".formatted(key, file));
      if (tooLong > 0) {
        problem.append(
            "; %d longer than max_length %d (the shortest has %d tokens): raise training.max_length,"
                    .formatted(tooLong, truncation.maxLength(), shortestTooLong)
                + " or set truncation_strategy to left or right");
      }
      if (broken > 0) {
        problem.append("; %d broken, the first: %s".formatted(broken, firstBroken));
      }
      throw new UserError(problem.toString());
    }

    private Optional<String> leftOut() {
      var reasons = new ArrayList<String>();
      if (broken > 0) {
        reasons.add("%d broken, the first: %s".formatted(broken, firstBroken));
      }
      if (tooLong > 0) {
        reasons.add(
            "%d longer than max_length %d, the first: %s"
                .formatted(tooLong, truncation.maxLength(), firstTooLong));
      }
      return reasons.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "%s leaves rows of %s out: %s".formatted(key, file, String.join("; ", reasons)));
    }
  }
}
