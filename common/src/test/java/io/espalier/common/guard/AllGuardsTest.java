package io.espalier.common.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.Collapse;
import io.espalier.common.spec.GuardSpec.Divergence;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.spec.GuardSpec.GradientSpike;
import io.espalier.common.spec.GuardSpec.Looping;
import io.espalier.common.spec.GuardSpec.LossCeiling;
import io.espalier.common.spec.GuardSpec.LossSpike;
import io.espalier.common.spec.GuardSpec.Overfit;
import io.espalier.common.spec.GuardSpec.VanishingGradient;
import io.espalier.common.trial.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** All rules together, and what they remember. */
class AllGuardsTest {
  private static final GuardSpec ALL =
      new GuardSpec(
          true,
          Optional.of(new LossSpike(2, 4, 2)),
          Optional.of(new Collapse(0.9, 2, 3)),
          Optional.of(new GradientNorm(4, OptionalDouble.of(0.5), 3, 2)),
          Optional.of(new Divergence(1.5, 3, 2)),
          Optional.of(new LossCeiling(5, 0.5, 4, 6)),
          Optional.of(new GradientSpike(2, 1, 3, 2)),
          Optional.of(new Overfit(1.1, 2, 2)),
          Optional.of(new Looping(0.5, 2)),
          Optional.of(new VanishingGradient(0.7, 0.8, 3)));

  private static List<Object> told(Guards guards, Random random, int from, int to) {
    var said = new ArrayList<Object>();
    for (int update = from; update <= to; update++) {
      double loss = 6 * random.nextDouble();
      double norm = 5 * random.nextDouble();
      said.add(guards.judge(update, loss, norm));
      said.add(guards.pace(update, norm));
      if (update % 3 == 0) {
        Map<String, Double> metrics =
            Map.of("eval_loss", 3 * random.nextDouble(), "eval_repetition", random.nextDouble());
        said.add(guards.evaluated(update, OptionalDouble.of(random.nextDouble()), metrics));
      }
    }
    return said;
  }

  @Property(tries = 200)
  void guards_that_go_on_from_a_memory_decide_as_if_they_had_never_stopped(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 25) int stop) throws IOException {
    var whole = new Random(seed);
    var parted = new Random(seed);
    var before = new Guards(ALL);
    List<Object> expected = told(new Guards(ALL), whole, 1, 30);

    List<Object> said = told(before, parted, 1, stop);
    var after = new Guards(ALL);
    var json = JsonMapper.builder().addModule(new Jdk8Module()).build();
    after.restore(json.readValue(json.writeValueAsString(before.memory()), GuardMemory.class));
    said.addAll(told(after, parted, stop + 1, 30));

    assertThat(said).isEqualTo(expected);
  }

  @Property(tries = 200)
  void a_number_that_is_not_finite_ends_the_branch_at_that_update(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 30) int at, @ForAll boolean loss) {
    var random = new Random(seed);
    var guards = new Guards(ALL);
    for (int update = 1; update < at; update++) {
      guards.judge(update, random.nextDouble(), random.nextDouble());
    }
    assertThat(guards.judge(at, loss ? Double.NaN : 1, loss ? 1 : Double.POSITIVE_INFINITY))
        .get()
        .extracting(Verdict::rule)
        .isEqualTo("non_finite");
  }

  @Test
  void a_memory_of_earlier_versions_is_read() throws IOException {
    String earlier =
        "{\"spikeLosses\":[1.0,2.0],\"collapseLosses\":[3.0],\"collapseNorms\":[4.0],\"firstLoss\":5.0,"
            + "\"firstNorm\":null,\"spikes\":1,\"pace\":0.5}";

    GuardMemory memory =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .build()
            .readValue(earlier, GuardMemory.class);

    assertThat(memory.pace()).isEqualTo(0.5);
    assertThat(memory.rules())
        .containsEntry("loss_spike", List.of(1.0, 1.0, 2.0))
        .containsEntry("collapse", List.of(5.0, Double.NaN, 3.0, 4.0));
  }
}
