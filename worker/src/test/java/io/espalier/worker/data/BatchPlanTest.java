package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchPlanTest {

  @Property(tries = 200)
  void each_epoch_trains_on_every_row_once(
      @ForAll @IntRange(min = 1, max = 60) int samples,
      @ForAll @IntRange(min = 1, max = 9) int batch,
      @ForAll @IntRange(min = 1, max = 5) int accumulation,
      @ForAll boolean shuffle,
      @ForAll long dataSeed) {
    var plan =
        new BatchPlan(
            samples,
            Trainings.batches(3, OptionalInt.empty(), batch, accumulation),
            shuffle,
            dataSeed);
    long update = 0;
    for (int epoch = 1; epoch <= 3; epoch++) {
      var rows = new ArrayList<Integer>();
      BatchPlan.Update last;
      do {
        last = plan.update(++update);
        assertThat(last.epoch()).isEqualTo(epoch);
        assertThat(last.firstPlace()).isEqualTo(rows.size());
        rows.addAll(rowsOf(last));
        assertThat(last.samplesDone()).isEqualTo((epoch - 1L) * samples + rows.size());
      } while (!last.endsEpoch());
      assertThat(last.epochsDone()).isEqualTo(epoch);
      assertThat(rows).containsExactlyInAnyOrderElementsOf(range(samples));
    }
    assertThat(update).isEqualTo(plan.updates());
  }

  @Property(tries = 200)
  void every_batch_is_full_but_the_last_of_an_epoch(
      @ForAll @IntRange(min = 1, max = 60) int samples,
      @ForAll @IntRange(min = 1, max = 9) int batch,
      @ForAll @IntRange(min = 1, max = 5) int accumulation) {
    var plan =
        new BatchPlan(
            samples, Trainings.batches(2, OptionalInt.empty(), batch, accumulation), true, 42);
    for (long u = 1; u <= plan.updates(); u++) {
      var update = plan.update(u);
      var sizes = update.microBatches().stream().map(rows -> rows.length).toList();
      assertThat(sizes.subList(0, sizes.size() - 1)).allMatch(size -> size == batch);
      assertThat(sizes.get(sizes.size() - 1)).isBetween(1, batch);
      assertThat(update.rows() == batch * accumulation || update.endsEpoch()).isTrue();
    }
  }

  @Property(tries = 100)
  void the_cut_into_micro_batches_does_not_change_the_rows_of_an_update(
      @ForAll @IntRange(min = 1, max = 50) int samples, @ForAll long dataSeed) {
    var wide =
        new BatchPlan(samples, Trainings.batches(2, OptionalInt.empty(), 6, 1), true, dataSeed);
    var narrow =
        new BatchPlan(samples, Trainings.batches(2, OptionalInt.empty(), 2, 3), true, dataSeed);
    for (long u = 1; u <= wide.updates(); u++) {
      assertThat(rowsOf(narrow.update(u))).isEqualTo(rowsOf(wide.update(u)));
    }
  }

  @Test
  void an_update_is_the_same_whatever_was_asked_before() {
    var training = Trainings.batches(4, OptionalInt.empty(), 3, 1);
    var walked = new BatchPlan(10, training, true, 7);
    for (long u = 1; u < 14; u++) {
      walked.update(u);
    }
    var jumped = new BatchPlan(10, training, true, 7);
    assertThat(rowsOf(jumped.update(14))).isEqualTo(rowsOf(walked.update(14)));
  }

  @Test
  void epochs_and_seeds_differ_in_order() {
    var training = Trainings.batches(2, OptionalInt.empty(), 20, 1);
    var plan = new BatchPlan(20, training, true, 42);
    assertThat(rowsOf(plan.update(1))).isNotEqualTo(rowsOf(plan.update(2)));
    assertThat(rowsOf(new BatchPlan(20, training, true, 43).update(1)))
        .isNotEqualTo(rowsOf(plan.update(1)));
  }

  @Test
  void the_order_stays_what_it_was_in_earlier_versions() {
    // A resumed trial goes on with the rows it began with. Computed apart, in Python.
    var plan = new BatchPlan(10, Trainings.batches(1, OptionalInt.empty(), 10, 1), true, 42);
    assertThat(rowsOf(plan.update(1))).containsExactly(1, 3, 0, 8, 7, 6, 9, 5, 4, 2);
  }

  @Test
  void each_row_is_equally_likely_at_each_place() {
    int[][] counts = new int[5][5];
    for (int seed = 0; seed < 5000; seed++) {
      int[] order = RowOrder.shuffled(5, seed, 1);
      for (int place = 0; place < 5; place++) {
        counts[place][order[place]]++;
      }
    }
    // Expected 1000, standard deviation 28.
    assertThat(Arrays.stream(counts).flatMapToInt(Arrays::stream).boxed())
        .allMatch(count -> count > 860 && count < 1140);
  }

  @Test
  void without_shuffle_rows_come_in_file_order() {
    var plan = new BatchPlan(5, Trainings.batches(2, OptionalInt.empty(), 2, 2), false, 42);
    assertThat(rowsOf(plan.update(1))).containsExactly(0, 1, 2, 3);
    assertThat(rowsOf(plan.update(2))).containsExactly(4);
    assertThat(rowsOf(plan.update(3))).containsExactly(0, 1, 2, 3);
  }

  @Test
  void a_fractional_epoch_ends_inside_the_order_of_its_epoch() {
    var plan = new BatchPlan(10, Trainings.batches(1.5, OptionalInt.empty(), 3, 1), true, 42);
    assertThat(plan.updatesPerEpoch()).isEqualTo(4);
    assertThat(plan.updates()).isEqualTo(6);
    assertThat(plan.update(4).rows()).isEqualTo(1);
    assertThat(plan.update(6).epochsDone()).isEqualTo(1.6);
    assertThat(plan.update(6).endsEpoch()).isFalse();
  }

  @Test
  void max_steps_overrides_epochs() {
    var plan = new BatchPlan(10, Trainings.batches(1, OptionalInt.of(7), 5, 1), true, 42);
    assertThat(plan.updates()).isEqualTo(7);
    assertThat(plan.update(7).epoch()).isEqualTo(4);
  }

  @Test
  void updates_count_from_one() {
    var plan = new BatchPlan(10, Trainings.batches(1, OptionalInt.empty(), 5, 1), true, 42);
    assertThatThrownBy(() -> plan.update(0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Integer> rowsOf(BatchPlan.Update update) {
    return update.microBatches().stream().flatMapToInt(Arrays::stream).boxed().toList();
  }

  private static List<Integer> range(int end) {
    return IntStream.range(0, end).boxed().toList();
  }
}
