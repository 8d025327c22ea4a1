package io.espalier.common.spec;

import static com.fasterxml.jackson.annotation.JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY;
import static com.fasterxml.jackson.annotation.JsonFormat.Feature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The rows to train and to evaluate on. Several files are read as one, in their order; all paths
 * are absolute.
 *
 * @param train at least one
 * @param eval evaluation rows, when they are files; else empty
 * @param evalFraction share of the training rows split off by {@code dataSeed}, when eval is a
 *     number between 0 and 1 (exclusive)
 * @param retention rows the model must not forget; may be empty
 * @param system the system prompt of rows that have none
 * @param replace placeholders without braces to their values: one value, or a pair [zh, en] chosen
 *     by a row's tag
 * @param shuffle whether each epoch has its own order; a pure function of (dataSeed, epoch)
 * @param curriculum by what each epoch's rows are ordered besides
 * @param skipBadSamples whether broken rows are counted and left out instead of ending the sweep
 */
public record DatasetSpec(
    @JsonFormat(with = {ACCEPT_SINGLE_VALUE_AS_ARRAY, WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED})
        List<RowSource> train,
    @JsonFormat(with = {ACCEPT_SINGLE_VALUE_AS_ARRAY, WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED})
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        List<RowSource> eval,
    OptionalDouble evalFraction,
    @JsonFormat(with = {ACCEPT_SINGLE_VALUE_AS_ARRAY, WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED})
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        List<RowSource> retention,
    Optional<String> system,
    Map<String, List<String>> replace,
    boolean shuffle,
    Optional<Curriculum> curriculum,
    long dataSeed,
    boolean skipBadSamples) {
  public DatasetSpec {
    train = List.copyOf(train);
    eval = List.copyOf(eval);
    retention = List.copyOf(retention);
    replace = Collections.unmodifiableMap(new LinkedHashMap<>(replace));
  }

  /** The rows of one file in shuffled order, with nothing to evaluate on; seed 42. */
  public static DatasetSpec of(String train) {
    return new DatasetSpec(
        List.of(RowSource.parse(train)),
        List.of(),
        OptionalDouble.empty(),
        List.of(),
        Optional.empty(),
        Map.of(),
        true,
        Optional.empty(),
        42,
        false);
  }

  /** The same rows, their files found elsewhere. */
  public DatasetSpec moved(UnaryOperator<String> paths) {
    UnaryOperator<RowSource> source = it -> it.at(paths.apply(it.path()));
    return new DatasetSpec(
        train.stream().map(source).toList(),
        eval.stream().map(source).toList(),
        evalFraction,
        retention.stream().map(source).toList(),
        system,
        replace,
        shuffle,
        curriculum,
        dataSeed,
        skipBadSamples);
  }

  /** Whether any set reads the file at this path. */
  public boolean names(String path) {
    return Stream.of(train, eval, retention)
        .flatMap(List::stream)
        .anyMatch(source -> source.path().equals(path));
  }
}
