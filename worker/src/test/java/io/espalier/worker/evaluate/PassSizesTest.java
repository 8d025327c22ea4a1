package io.espalier.worker.evaluate;

import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import io.espalier.common.metrics.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PassSizesTest {
  private final List<Measurement.OutOfMemory> told = new ArrayList<>();
  private final PassSizes.Kind sizes = new PassSizes(false).answers();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16})
  void every_item_is_done_once_in_each_slot_however_often_memory_runs_out(int slots) {
    List<Integer> lengths = IntStream.rangeClosed(1, 200).boxed().toList();
    List<List<Integer>> done =
        Stream.generate(ArrayList<Integer>::new).limit(slots).collect(toList());

    sizes.each(
        lengths,
        length -> length,
        slots,
        part -> {
          int count = (part.to() - part.from()) * part.items().size();
          if (count * part.items().get(part.items().size() - 1) > 600) {
            throw new EngineException("[enforce fail] can't allocate memory");
          }
          done.subList(part.from(), part.to()).forEach(slot -> slot.addAll(part.items()));
        },
        told::add);

    assertThat(done).allSatisfy(slot -> assertThat(slot).containsExactlyElementsOf(lengths));
    assertThat(told).isNotEmpty().allSatisfy(one -> assertThat(one.next()).isLessThan(one.tried()));
  }

  @Test
  void an_item_too_large_for_all_slots_is_done_in_fewer_of_them() {
    var slots = new ArrayList<Integer>();

    sizes.each(
        List.of(5000), length -> length, 8, part -> slots.add(part.to() - part.from()), told::add);

    assertThat(slots).containsOnly(1).hasSize(8);
    assertThat(told).isEmpty();
  }

  @Test
  void what_breaks_otherwise_is_not_tried_again() {
    var tries = new ArrayList<List<Integer>>();

    assertThatThrownBy(
            () ->
                sizes.each(
                    List.of(1, 2, 3),
                    length -> length,
                    1,
                    part -> {
                      tries.add(part.items());
                      throw new EngineException("an engine's caprice");
                    },
                    told::add))
        .hasMessage("an engine's caprice");

    assertThat(tries).hasSize(1);
    assertThat(told).isEmpty();
  }
}
