package io.espalier.worker.lora;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModuleNamesTest {
  private final ModelConfig model = ModelConfig.read(Golden.path("models/qwen2_tiny"));

  private void check(String key, String value) {
    ModuleNames.check(model, Hyperparameters.of(Map.of(key, value)).training().lora());
  }

  @Test
  void names_and_ends_of_paths_that_the_model_has_are_fine() {
    assertThatCode(() -> check("target_modules", "all-linear")).doesNotThrowAnyException();
    assertThatCode(() -> check("target_modules", "q_proj, mlp.up_proj")).doesNotThrowAnyException();
    assertThatCode(() -> check("rank_pattern", "layers.1.self_attn.q_proj: 4"))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"target_modules", "rank_pattern", "alpha_pattern"})
  void a_name_that_it_does_not_have_is_told_with_those_it_has(String key) {
    assertThatThrownBy(() -> check(key, "v_prj" + (key.endsWith("pattern") ? ": 4" : "")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "training.%s: this qwen2 model has no module 'v_prj'; it has q_proj, k_proj, v_proj,"
                + " o_proj, gate_proj, up_proj, down_proj; did you mean v_proj?",
            key);
  }
}
