package io.espalier.common.trial;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.Hyperparameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoraTest {
  private static final String PATH = "model.layers.1.self_attn.q_proj";

  @Test
  void of_patterns_that_overlap_the_first_written_counts() {
    assertThat(lora("q_proj: 4, layers.1.self_attn.q_proj: 2").rankOf(PATH)).isEqualTo(4);
    assertThat(lora("layers.1.self_attn.q_proj: 2, q_proj: 4").rankOf(PATH)).isEqualTo(2);
  }

  @Test
  void patterns_stay_in_the_order_written() {
    var written = new LinkedHashMap<String, Integer>();
    for (int i = 20; i > 0; i--) {
      written.put("module_" + i, i);
    }
    Lora lora = Lora.plain(8, 16, 0, List.of("q_proj")).with(written);
    assertThat(new ArrayList<>(lora.rankPattern().keySet()))
        .isEqualTo(new ArrayList<>(written.keySet()));
  }

  @Test
  void patterns_written_out_again_keep_their_order() {
    String written = "v_proj: 2, q_proj: 4, k_proj: 8";
    Training training = Hyperparameters.of(Map.of("rank_pattern", written)).training();
    assertThat(Hyperparameters.of(training).texts()).containsEntry("rank_pattern", written);
  }

  @Test
  void a_pattern_is_a_regular_expression_for_the_end_of_a_path_after_a_dot() {
    assertThat(Lora.matches("(q|v)_proj", PATH)).isTrue();
    assertThat(Lora.matches("layers\\.[0-3]\\..*", PATH)).isTrue();
    assertThat(Lora.matches(PATH, PATH)).isTrue();
    assertThat(Lora.matches("q_proj|v_proj", PATH)).isTrue();
    assertThat(Lora.matches("proj", PATH)).isFalse();
    assertThat(Lora.matches("self_attn", PATH)).isFalse();
  }

  private static Lora lora(String ranks) {
    return Hyperparameters.of(Map.of("rank_pattern", ranks)).training().lora();
  }

  @Test
  void patterns_in_another_order_are_another_adapter() {
    String narrowLast = "q_proj: 4, layers.1.self_attn.q_proj: 2";
    assertThat(lora(narrowLast))
        .isEqualTo(lora(narrowLast))
        .isNotEqualTo(lora("layers.1.self_attn.q_proj: 2, q_proj: 4"));
  }
}
