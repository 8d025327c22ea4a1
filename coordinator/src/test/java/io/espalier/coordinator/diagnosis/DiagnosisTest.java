package io.espalier.coordinator.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.diagnosis.Curve.Evaluated;
import io.espalier.coordinator.diagnosis.Curve.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DiagnosisTest {
  private static final int UPDATES = 200;

  /**
   * @param loss by the share of the training that is done
   */
  private static List<Step> updates(int count, DoubleUnaryOperator loss) {
    var random = new Random(7);
    List<Step> updates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double noise = 1 + 0.05 * random.nextGaussian();
      double done = i / (double) count;
      updates.add(new Step(i + 1, 10 * done, noise * loss.applyAsDouble(done), 1, 1e-3));
    }
    return updates;
  }

  private static List<Evaluated> evaluations(int count, DoubleUnaryOperator loss) {
    List<Evaluated> evaluations = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      double done = i / (double) count;
      int step = (int) (done * UPDATES);
      evaluations.add(new Evaluated(step, step, Map.of("eval_loss", loss.applyAsDouble(done))));
    }
    return evaluations;
  }

  private static Finding finding(List<Step> updates, List<Evaluated> evaluations) {
    return Diagnosis.of(new Curve(updates, evaluations, OptionalDouble.empty()), Optional.empty())
        .finding();
  }

  private static Finding finding(DoubleUnaryOperator loss) {
    return finding(updates(UPDATES, loss), List.of());
  }

  @Test
  void a_smooth_fall_to_a_plateau_has_converged() {
    assertThat(finding(done -> 0.5 + 4 * Math.exp(-12 * done))).isEqualTo(Finding.CONVERGED);
  }

  @Test
  void a_loss_still_falling_at_the_end_is_underfit_under_any_schedule() {
    assertThat(finding(done -> 5 - 3 * done)).isEqualTo(Finding.UNDERFIT);

    List<Step> cosine = new ArrayList<>();
    double trained = 0;
    for (int i = 0; i < UPDATES; i++) {
      double rate = (1 + Math.cos(Math.PI * i / UPDATES)) / 2;
      cosine.add(new Step(i + 1, 1, 5 - 3 * trained / (UPDATES / 2.0), 1, rate));
      trained += rate;
    }
    assertThat(finding(cosine, List.of())).isEqualTo(Finding.UNDERFIT);
  }

  @Test
  void a_loss_that_stays_where_it_began_has_too_low_a_learning_rate() {
    assertThat(finding(done -> 5 - 0.01 * done)).isEqualTo(Finding.LEARNING_RATE_TOO_LOW);
  }

  @Test
  void a_loss_that_falls_and_rises_above_its_first_is_diverging() {
    assertThat(finding(done -> done < 0.5 ? 4 - 3 * done : 1 + 10 * (done - 0.5)))
        .isEqualTo(Finding.DIVERGING);
  }

  @Test
  void an_evaluation_loss_that_rises_while_training_falls_is_overfit() {
    assertThat(
            finding(
                updates(UPDATES, done -> 0.05 + 4 * Math.exp(-8 * done)),
                evaluations(10, done -> 1 + Math.abs(done - 0.3))))
        .isEqualTo(Finding.OVERFIT);
  }

  @Test
  void answers_that_repeat_themselves_are_memorised() {
    List<Evaluated> evaluations = new ArrayList<>(evaluations(5, done -> 2 - done));
    evaluations.add(
        new Evaluated(UPDATES, UPDATES + 1, Map.of("eval_repetition", 0.6, "eval_loss", 1.0)));
    assertThat(finding(updates(UPDATES, done -> Math.exp(-8 * done)), evaluations))
        .isEqualTo(Finding.MEMORISED);
  }

  @Test
  void spikes_that_go_on_to_the_end_are_oscillating() {
    List<Step> updates = new ArrayList<>(updates(UPDATES, done -> 1 + 3 * Math.exp(-9 * done)));
    for (int i = 5; i < UPDATES; i += 20) {
      Step step = updates.get(i);
      updates.set(
          i, new Step(step.update(), step.epoch(), 3 * step.loss(), 8, step.learningRate()));
    }
    assertThat(finding(updates, List.of())).isEqualTo(Finding.OSCILLATING);
  }

  @Test
  void harder_rows_of_a_small_loss_are_no_spikes() {
    List<Step> updates = new ArrayList<>(updates(UPDATES, done -> 0.05 + 4 * Math.exp(-20 * done)));
    for (int i = 5; i < UPDATES; i += 10) {
      Step step = updates.get(i);
      updates.set(
          i, new Step(step.update(), step.epoch(), step.loss() + 0.3, 8, step.learningRate()));
    }
    assertThat(finding(updates, List.of())).isEqualTo(Finding.CONVERGED);
  }

  @Test
  void a_high_loss_without_gradients_has_come_apart_though_it_still_falls() {
    List<Step> dead =
        updates(UPDATES, done -> 7 - 2.5 * done).stream()
            .map(
                step ->
                    new Step(
                        step.update(),
                        step.epoch(),
                        step.loss(),
                        step.update() < 4 ? 5 : 0.2,
                        step.learningRate()))
            .toList();

    assertThat(
            Diagnosis.of(new Curve(dead, List.of(), OptionalDouble.of(5)), Optional.empty())
                .finding())
        .isEqualTo(Finding.DIVERGING);
    assertThat(
            Diagnosis.of(new Curve(dead, List.of(), OptionalDouble.of(20)), Optional.empty())
                .finding())
        .isNotEqualTo(Finding.DIVERGING);
  }

  @Test
  void what_a_guard_killed_for_coming_apart_is_diverging() {
    var verdict = new Verdict("collapse", 3, 5, 4, List.of(), "collapse at update 3");
    Diagnosis diagnosis =
        Diagnosis.of(
            new Curve(updates(3, done -> 5), List.of(), OptionalDouble.empty()),
            Optional.of(new Outcome.Killed(verdict)));
    assertThat(diagnosis).isEqualTo(new Diagnosis(Finding.DIVERGING, "collapse at update 3"));
  }

  @Test
  void a_few_updates_or_an_epoch_say_nothing() {
    assertThat(finding(updates(2, done -> 5 - done), List.of())).isEqualTo(Finding.TOO_SHORT);
    List<Step> epoch = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      epoch.add(new Step(i, i / 40.0, 5 - i / 20.0, 1, 1e-3));
    }
    assertThat(finding(epoch, List.of())).isEqualTo(Finding.TOO_SHORT);
  }

  @Property(tries = 200)
  void a_number_that_is_not_finite_anywhere_is_diverged(
      @ForAll @IntRange(min = 1, max = 60) int count,
      @ForAll @IntRange(min = 0, max = 59) int where,
      @ForAll boolean loss) {
    List<Step> updates = new ArrayList<>(updates(count, done -> 3 - done));
    int at = where % count;
    updates.set(
        at, new Step(at + 1, 1, loss ? Double.NaN : 1, loss ? 1 : Double.POSITIVE_INFINITY, 1e-3));
    assertThat(finding(updates, List.of())).isEqualTo(Finding.DIVERGED);
  }

  @Property(tries = 300)
  void every_curve_has_a_finding_that_no_scale_of_its_losses_changes(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 120) int count) {
    var random = new Random(seed);
    List<Step> updates = new ArrayList<>();
    List<Step> scaled = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      double loss = 4 * random.nextDouble();
      double norm = 2 * random.nextDouble();
      double rate = random.nextDouble();
      updates.add(new Step(i, 1, loss, norm, rate));
      scaled.add(new Step(i, 1, 8 * loss, norm, rate));
    }
    Finding found = finding(updates, List.of());
    assertThat(found).isNotNull().isEqualTo(finding(scaled, List.of()));
    assertThat(found == Finding.TOO_SHORT).isEqualTo(count < 100);
  }
}
