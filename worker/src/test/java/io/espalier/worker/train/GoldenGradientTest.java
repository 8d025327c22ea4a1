package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Training;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.Safetensors;
import io.espalier.worker.model.WeightLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code train_type: full}: one step of SGD goes along the gradients that transformers has. */
class GoldenGradientTest {
  private static final String ENDING = ".grads_f32.safetensors";

  /** Of a tensor's largest gradient; as much as the set gives the norm of all. */
  private static final double RELATIVE = 5e-5;

  /** Sums that come to nothing, as a key's bias has, are as far off as their terms are rounded. */
  private static final double ABSOLUTE = 1e-7;

  static Stream<String> cases() {
    return Golden.files("forward", ENDING).stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradients_of_all_weights_are_those_of_transformers(String name) {
    JsonNode test = Golden.json("forward/%s.json".formatted(name));
    Training training =
        Hyperparameters.of(
                Map.of(
                    "train_type", "full",
                    "optimizer", "sgd",
                    "weight_decay", "0",
                    "max_grad_norm", "0"))
            .training();
    try (BaseModel model = BaseModel.load(Golden.path(test.get("model").asText()), Device.cpu())) {
      var all = new Trainable.AllWeights(model.layout(), model.config());
      var surface = new LossSurface(model, all, training, Golden.batch(test), List.of());
      float[] weights = LossSurface.weights(model);
      assertThat(surface.loss(weights)).isCloseTo(test.get("loss_f32").asDouble(), within(1e-5));
      assertGradients(model.layout(), surface.gradient(weights), name);
    }
  }

  private static void assertGradients(WeightLayout layout, double[] gradients, String name) {
    Path file = Golden.path("forward/" + name + ENDING);
    Map<String, WeightLayout.Entry> entries =
        layout.entries().stream()
            .filter(WeightLayout.Entry::present)
            .collect(Collectors.toMap(WeightLayout.Entry::name, entry -> entry));
    assertThat(Safetensors.ofFile(file).names())
        .containsExactlyInAnyOrderElementsOf(entries.keySet());
    entries.forEach(
        (tensor, entry) -> {
          double[] expected = doubles(Golden.floats(file, tensor));
          double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
          assertThat(asStored(entry, gradients))
              .as(tensor)
              .containsExactly(expected, within(RELATIVE * largest + ABSOLUTE));
        });
  }

  private static double[] asStored(WeightLayout.Entry entry, double[] gradients) {
    int from = Math.toIntExact(entry.offset());
    double[] own = Arrays.copyOfRange(gradients, from, from + Math.toIntExact(entry.size()));
    if (!entry.transposed()) {
      return own;
    }
    int rows = (int) entry.shape()[0];
    int columns = (int) entry.shape()[1];
    double[] turned = new double[own.length];
    for (int i = 0; i < own.length; i++) {
      turned[i % columns * rows + i / columns] = own[i];
    }
    return turned;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
