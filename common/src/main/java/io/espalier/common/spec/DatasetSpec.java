package io.espalier.common.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The rows to train and to evaluate on.
 *
 * @param train absolute path of a JSONL file
 * @param eval absolute path of the evaluation rows, when they are a file
 * @param evalFraction share of the training rows split off by {@code dataSeed}, when eval is a
 *     number between 0 and 1 (exclusive)
 * @param retention absolute path of rows the model must not forget
 * @param replace placeholders without braces to their values: one value, or a pair [zh, en] chosen
 *     by a row's tag
 * @param shuffle whether each epoch has its own order; a pure function of (dataSeed, epoch)
 * @param skipBadSamples whether broken rows are counted and left out instead of ending the sweep
 */
public record DatasetSpec(
    String train,
    Optional<String> eval,
    OptionalDouble evalFraction,
    Optional<String> retention,
    Map<String, List<String>> replace,
    boolean shuffle,
    long dataSeed,
    boolean skipBadSamples) {
  public DatasetSpec {
    replace = Collections.unmodifiableMap(new LinkedHashMap<>(replace));
  }
}
