package io.espalier.coordinator.pruning;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.coordinator.pruning.Oracle.Decision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@code -Despalier.oracle=FILE} judges another file of the same layout. */
class OracleTest {
  private static final Optional<Path> OTHER =
      Optional.ofNullable(System.getProperty("espalier.oracle"))
          .filter(file -> !file.isBlank())
          .map(Path::of);
  private static final Oracle ORACLE = Oracle.read(OTHER);
  private static final List<Decision> DECISIONS = ORACLE.decisions();

  @Test
  void each_rule_says_how_often_it_agrees_and_where_it_does_not() {
    new TreeMap<>(DECISIONS.stream().collect(groupingBy(Decision::rule)))
        .forEach(
            (rule, all) -> {
              List<Decision> apart = all.stream().filter(one -> !one.agrees()).toList();
              System.out.printf(
                  "%s: %d of %d decisions agree%n", rule, all.size() - apart.size(), all.size());
              apart.forEach(one -> System.out.println("  " + one));
            });
    assertThat(DECISIONS).isNotEmpty();
  }

  @Test
  void of_curves_that_are_finite_every_decision_agrees() {
    assertThat(DECISIONS)
        .filteredOn(one -> ORACLE.isFinite(one.study()))
        .allMatch(Decision::agrees);
  }

  @Test
  void what_is_not_finite_ends_at_once_and_takes_no_healthy_trial_along() {
    assertThat(DECISIONS)
        .filteredOn(one -> !Double.isFinite(one.value()))
        .isNotEmpty()
        .allMatch(Decision::ours);
    assertThat(DECISIONS)
        .filteredOn(one -> Double.isFinite(one.value()) && one.ours())
        .isNotEmpty()
        .allMatch(Decision::oursWithoutBroken, "also without those that came apart");
  }

  /**
   * What is not finite ends its trial here and not always there; the other differences are listed.
   */
  @Test
  void every_difference_is_known_with_its_reason() throws IOException {
    if (OTHER.isPresent()) {
      return;
    }
    try (InputStream listed =
        Objects.requireNonNull(getClass().getResourceAsStream("oracle-differences.txt"))) {
      List<String> known =
          new String(listed.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith("study"))
              .toList();
      assertThat(
              DECISIONS.stream()
                  .filter(one -> !one.agrees() && Double.isFinite(one.value()))
                  .map(Decision::toString))
          .containsExactlyInAnyOrderElementsOf(known);
    }
  }
}
