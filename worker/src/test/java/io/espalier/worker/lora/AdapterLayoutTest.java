package io.espalier.worker.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdapterLayoutTest {
  private final ModelConfig model = ModelConfig.read(Golden.path("models/qwen2_tiny"));

  private AdapterLayout layout(String... modules) {
    return AdapterLayout.of(model, Lora.plain(8, 32, 0, List.of(modules)));
  }

  @Test
  void all_linear_has_as_many_parameters_as_pefts() {
    assertThat(layout("all-linear").parameters()).isEqualTo(16384);
  }

  @Test
  void matrices_lie_end_to_end() {
    long end = 0;
    for (Matrix matrix : layout("v_proj", "down_proj").matrices()) {
      assertThat(matrix.offset()).isEqualTo(end);
      end += matrix.size();
    }
    assertThat(layout("v_proj", "down_proj").parameters()).isEqualTo(end);
  }

  @Test
  void an_unknown_module_is_refused_with_those_there_are() {
    assertThatThrownBy(() -> layout("q_proj", "c_attn"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("c_attn")
        .hasMessageContaining("gate_proj")
        .hasMessageContaining("all-linear");
  }

  @Test
  void a_fresh_adapter_is_zero_in_b_and_kaiming_uniform_in_a() {
    AdapterLayout layout = layout("all-linear");
    float[] values = AdapterInit.values(layout, 5, () -> new float[0]);
    for (Matrix matrix : layout.matrices()) {
      double bound = 1 / Math.sqrt(matrix.columns());
      double sum = 0;
      double largest = 0;
      for (int i = 0; i < matrix.size(); i++) {
        float value = values[(int) matrix.offset() + i];
        sum += value;
        largest = Math.max(largest, Math.abs(value));
      }
      if (matrix.side() == Side.B) {
        assertThat(largest).isZero();
      } else {
        assertThat(largest).isBetween(0.95 * bound, bound);
        // Six standard errors of a uniform mean.
        assertThat(Math.abs(sum / matrix.size()))
            .isLessThan(6 * bound / Math.sqrt(3.0 * matrix.size()));
      }
    }
  }

  @Test
  void a_modules_first_values_depend_on_seed_and_place_but_not_on_other_modules() {
    AdapterLayout few = layout("q_proj");
    AdapterLayout all = layout("all-linear");
    float[] fewValues = AdapterInit.values(few, 5, () -> new float[0]);
    float[] allValues = AdapterInit.values(all, 5, () -> new float[0]);
    Matrix last = few.matrices().get(2);
    Matrix same =
        all.matrices().stream()
            .filter(matrix -> matrix.peftName().equals(last.peftName()))
            .findFirst()
            .orElseThrow();
    assertThat(fewValues[(int) last.offset() + 3]).isEqualTo(allValues[(int) same.offset() + 3]);
    assertThat(AdapterInit.values(few, 6, () -> new float[0])).isNotEqualTo(fewValues);
    assertThat(fewValues[3]).isNotEqualTo(fewValues[(int) last.offset() + 3]);
  }
}
