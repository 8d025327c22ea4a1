package io.espalier.worker.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Training;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InitialAdapterTest {
  private static final Path ADAPTER =
      Golden.path("runs/qwen2_tiny/rank_pattern_b4_a1/adapter_init");
  private final ModelConfig model = ModelConfig.read(Golden.path("models/qwen2_tiny"));

  private PeftFormat.Adapter read(Map<String, String> stated) {
    var texts = new HashMap<>(stated);
    texts.put("init_adapter", ADAPTER.toString());
    Training training = Hyperparameters.of(texts).training();
    return InitialAdapter.read(training.initAdapter().orElseThrow(), training.lora(), model);
  }

  @Test
  void what_the_spec_leaves_out_is_the_adapters() {
    Lora own = PeftFormat.read(ADAPTER, model).layout().lora();

    Lora lora = read(Map.of("lora_dropout", "0.1", "lorap_lr_ratio", "4")).layout().lora();

    assertThat(lora.rankPattern()).isEqualTo(own.rankPattern()).isNotEmpty();
    assertThat(lora.dropout()).isEqualTo(0.1);
    assertThat(lora.lrRatio()).isEqualTo(4);
  }

  @Test
  void modules_named_otherwise_are_the_same_modules() {
    assertThat(read(Map.of("target_modules", "all-linear")).values())
        .isEqualTo(PeftFormat.read(ADAPTER, model).values());
  }

  @Test
  void another_shape_is_refused_with_both_values() {
    assertThatThrownBy(() -> read(Map.of("lora_rank", "5")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("training.lora_rank is 5, but the adapter in " + ADAPTER)
        .hasMessageContaining("has 8");
    assertThatThrownBy(() -> read(Map.of("target_modules", "q_proj")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("training.target_modules is [q_proj]");
  }
}
