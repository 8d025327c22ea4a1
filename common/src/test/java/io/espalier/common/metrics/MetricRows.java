package io.espalier.common.metrics;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Metric rows of every kind, for property tests. */
final class MetricRows {
  private MetricRows() {}

  static Arbitrary<Double> numbers() {
    return Arbitraries.oneOf(
        Arbitraries.doubles(),
        Arbitraries.of(
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            -0.0,
            Double.MIN_VALUE,
            0.1 + 0.2));
  }

  static Arbitrary<Measurement> measurements() {
    return Arbitraries.oneOf(
        Combinators.combine(numbers(), numbers(), numbers(), numbers()).as(Measurement.Update::new),
        Combinators.combine(
                Arbitraries.of("eval", "retention"),
                Arbitraries.strings().ofMaxLength(8),
                numbers())
            .as(Measurement.Evaluation::new),
        Combinators.combine(Arbitraries.of("loss_spike", "回退"), numbers(), numbers())
            .as(Measurement.Kill::new),
        Combinators.combine(Arbitraries.of("gradient_norm"), numbers(), numbers(), numbers())
            .as(Measurement.Reduction::new),
        Combinators.combine(
                Arbitraries.of(Measurement.OutOfMemory.ROWS, Measurement.OutOfMemory.BRANCHES),
                numbers(),
                numbers())
            .as(Measurement.OutOfMemory::new));
  }

  static Arbitrary<List<MetricRow>> lists() {
    return Combinators.combine(
            Arbitraries.of("a-1", "self-cognition-12").map(SweepId::new),
            Arbitraries.integers().between(0, 3).map(BranchId::new),
            Arbitraries.longs().between(1, 2).map(n -> new Attempt(n, n + 1)),
            Arbitraries.longs().greaterOrEqual(0),
            numbers(),
            Arbitraries.longs().between(0, 4_000_000_000_000_000L),
            measurements())
        .as(
            (sweep, branch, attempt, count, epoch, micros, measurement) ->
                new MetricRow(
                    sweep,
                    branch,
                    attempt,
                    count,
                    count / 2,
                    epoch,
                    count / 3,
                    count / 5,
                    Instant.EPOCH.plus(micros, ChronoUnit.MICROS),
                    measurement))
        .list()
        .ofMaxSize(40);
  }
}
