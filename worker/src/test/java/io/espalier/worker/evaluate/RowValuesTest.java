package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.evaluate.RowValues.Row;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RowValuesTest {
  private static RowValues standardNormal(int rows) {
    var random = new Random(1);
    return new RowValues(
        Stream.generate(() -> new Row(random.nextGaussian(), 1)).limit(rows).toList());
  }

  private static double deviation(List<Double> values) {
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    double squares = values.stream().mapToDouble(one -> (one - mean) * (one - mean)).sum();
    return Math.sqrt(squares / (values.size() - 1));
  }

  @Test
  void the_mean_of_many_rows_varies_as_the_square_root_of_their_number_has_it() {
    List<Double> resampled = standardNormal(400).resampled();
    assertThat(resampled).hasSize(64);
    // 1 / sqrt(400), by 64 draws: right to a standard error of 9 %.
    assertThat(deviation(resampled)).isCloseTo(0.05, within(0.015));
  }

  @Test
  void draws_are_the_same_for_all_so_that_a_constant_difference_has_no_noise() {
    RowValues one = standardNormal(50);
    var better =
        new RowValues(one.rows().stream().map(row -> new Row(row.sum() - 0.01, 1)).toList());
    List<Double> differences =
        IntStream.range(0, 64)
            .mapToObj(i -> one.resampled().get(i) - better.resampled().get(i))
            .toList();
    assertThat(differences)
        .allSatisfy(difference -> assertThat(difference).isCloseTo(0.01, within(1e-6)));
  }

  @Test
  void rows_count_by_their_weights_and_one_alone_says_nothing() {
    var weighted = new RowValues(List.of(new Row(0, 1), new Row(30, 3)));
    assertThat(weighted.resampled()).allMatch(value -> List.of(0.0, 7.5, 10.0).contains(value));
    assertThat(weighted.resampled()).contains(7.5);
    assertThat(new RowValues(Collections.nCopies(1, new Row(1, 1))).resampled()).isEmpty();
  }
}
