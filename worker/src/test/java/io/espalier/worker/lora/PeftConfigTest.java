package io.espalier.worker.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters that others trained, and what another program reads in ours. */
class PeftConfigTest {
  private static final Path ADAPTER =
      Golden.path("runs/qwen2_tiny/rank_pattern_b4_a1/adapter_init/adapter_config.json");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ModelConfig model = ModelConfig.read(Golden.path("models/qwen2_tiny"));
  @TempDir Path directory;

  @Test
  void the_first_of_the_patterns_that_match_counts_as_in_peft() throws IOException {
    Lora lora = read("rank_pattern", "{\"layers\\\\.[01]\\\\..*(q|v)_proj\": 4, \"q_proj\": 2}");
    assertThat(lora.rankOf("model.layers.1.self_attn.q_proj")).isEqualTo(4);
    Lora reversed = read("rank_pattern", "{\"q_proj\": 2, \"layers.1.self_attn.q_proj\": 4}");
    assertThat(reversed.rankOf("model.layers.1.self_attn.q_proj")).isEqualTo(2);
  }

  @Test
  void patterns_are_written_in_the_order_that_they_count_in() throws IOException {
    var ranks = new LinkedHashMap<String, Integer>();
    for (String name : List.of("v_proj", "layers.0.self_attn.q_proj", "q_proj", "k_proj")) {
      ranks.put(name, ranks.size() + 1);
    }
    Lora lora = Lora.plain(8, 16, 0, List.of("q_proj", "k_proj", "v_proj")).with(ranks);
    var written = JSON.readTree(PeftConfig.json(AdapterLayout.of(model, lora), "model"));
    assertThat(written.path("rank_pattern").fieldNames())
        .toIterable()
        .containsExactlyElementsOf(ranks.keySet());
  }

  @Test
  void an_adapter_need_not_say_its_task() throws IOException {
    assertThat(read("task_type", "null").rank()).isPositive();
    refused("task_type", "\"SEQ_CLS\"", "supported is CAUSAL_LM");
  }

  @Test
  void a_start_that_leaves_the_base_as_it_is_is_read_and_any_other_refused() throws IOException {
    for (String plain : List.of("true", "false", "null", "\"gaussian\"", "\"orthogonal\"")) {
      assertThat(read("init_lora_weights", plain).rank()).isPositive();
    }
    for (String start : List.of("pissa", "pissa_niter_16", "olora", "eva", "loftq", "corda")) {
      refused("init_lora_weights", '"' + start + '"', start);
    }
  }

  @Test
  void what_would_not_be_honoured_is_refused_by_name() throws IOException {
    refused("rank_pattern", "{\"nowhere\": 4}", "no module of this model is 'nowhere'");
    refused("alpha_pattern", "{\"nowhere\": 4}", "no module of this model is 'nowhere'");
    refused("rank_pattern", "{\"(q_proj\": 4}", "'(q_proj' is no regular expression");
    refused("exclude_modules", "[\"q_proj\"]", "which is not supported");
  }

  private void refused(String key, String value, String message) {
    assertThatThrownBy(() -> read(key, value))
        .as("%s: %s", key, value)
        .isInstanceOf(UserError.class)
        .hasMessageContaining(key)
        .hasMessageContaining(message);
  }

  private Lora read(String key, String value) throws IOException {
    var config = (ObjectNode) JSON.readTree(ADAPTER.toFile());
    config.set(key, JSON.readTree(value));
    Path file = directory.resolve("adapter_config.json");
    Files.writeString(file, config.toString());
    return PeftConfig.read(file, model);
  }
}
