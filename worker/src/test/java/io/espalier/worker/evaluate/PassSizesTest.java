package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import io.espalier.common.metrics.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PassSizesTest {
  private final List<Measurement.OutOfMemory> told = new ArrayList<>();
  private final PassSizes.Kind sizes = new PassSizes(told::add).answers();

  @Test
  void every_item_is_done_once_however_often_memory_runs_out() {
    List<Integer> lengths = IntStream.rangeClosed(1, 200).boxed().toList();
    var done = new ArrayList<Integer>();

    sizes.each(
        lengths,
        length -> length,
        pass -> {
          if (pass.size() * pass.get(pass.size() - 1) > 600) {
            throw new EngineException("[enforce fail] can't allocate memory");
          }
          done.addAll(pass);
        });

    assertThat(done).containsExactlyElementsOf(lengths);
    assertThat(told).isNotEmpty().allSatisfy(one -> assertThat(one.next()).isLessThan(one.tried()));
  }

  @Test
  void what_breaks_otherwise_is_not_tried_again() {
    var tries = new ArrayList<List<Integer>>();

    assertThatThrownBy(
            () ->
                sizes.each(
                    List.of(1, 2, 3),
                    length -> length,
                    pass -> {
                      tries.add(pass);
                      throw new EngineException("an engine's caprice");
                    }))
        .hasMessage("an engine's caprice");

    assertThat(tries).hasSize(1);
    assertThat(told).isEmpty();
  }
}
