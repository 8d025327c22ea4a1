package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.model.BaseModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients against central differences of the loss, on models, adapters and rows of chance. Each
 * tensor is moved along its own gradient: a loss in float32 is too coarse for single numbers, and a
 * wrong factor shows all the same.
 */
class GradientTest {
  /** A power of two, so that a step of SGD loses nothing of the gradient but its last bits. */
  private static final double RATE = 1024;

  private static final Map<String, String> PLAIN =
      Map.of(
          "optimizer", "sgd",
          "weight_decay", "0",
          "max_grad_norm", "0",
          "lora_alpha", "3",
          "lora_rank", "2");

  @TempDir Path directory;

  static Stream<Arguments> variants() {
    Map<String, Map<String, String>> variants =
        Map.of(
            "plain", Map.of(),
            "rslora", Map.of("use_rslora", "true", "lora_rank", "3"),
            "patterns",
                Map.of(
                    "rank_pattern",
                    "q_proj: 1, down_proj: 4",
                    "alpha_pattern",
                    "v_proj: 7, mlp: 5"),
            "named", Map.of("target_modules", "k_proj, o_proj, gate_proj"),
            "dropout", Map.of("lora_dropout", "0.3"),
            "smoothed", Map.of("label_smoothing_factor", "0.1"),
            "dora", Map.of("use_dora", "true"),
            "dora_rslora_dropout",
                Map.of("use_dora", "true", "use_rslora", "true", "lora_dropout", "0.2"));
    return variants.entrySet().stream()
        .flatMap(
            variant ->
                IntStream.range(0, 4)
                    .mapToObj(seed -> Arguments.of(variant.getKey(), variant.getValue(), seed)));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("variants")
  void gradients_are_the_slopes_of_the_loss(String name, Map<String, String> texts, int seed) {
    var random = new Random(31L * name.hashCode() + seed);
    RandomModel made = RandomModel.in(directory, random);
    var all = new HashMap<>(PLAIN);
    all.putAll(texts);
    Training training = Hyperparameters.of(all).training();
    try (BaseModel model = BaseModel.load(made.directory(), Device.cpu())) {
      AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
      float[] at = AdapterInit.values(layout, seed, () -> model.firstValues(layout.options()));
      for (int i = 0; i < at.length; i++) {
        at[i] += (float) (0.1 * random.nextGaussian());
      }
      var loss = new Loss(model, layout, training, made);
      double[] gradient = loss.gradient(at);
      for (Matrix matrix : layout.matrices()) {
        double[] direction = along(matrix, gradient);
        double expected = dot(direction, gradient);
        assertThat(loss.slope(at, direction, matrix, 0.02 / (1 + expected)))
            .describedAs("%s of size %d", matrix.peftName(), matrix.size())
            .isCloseTo(expected, within(2e-3 * expected + 2e-4));
      }
    }
  }

  /** The gradient's own direction, of length 1, within one tensor. */
  private static double[] along(Matrix matrix, double[] gradient) {
    double[] direction = new double[gradient.length];
    int from = (int) matrix.offset();
    System.arraycopy(gradient, from, direction, from, (int) matrix.size());
    double length = Math.sqrt(dot(direction, direction));
    assertThat(length).as("gradient of " + matrix.peftName()).isPositive();
    for (int i = 0; i < direction.length; i++) {
      direction[i] /= length;
    }
    return direction;
  }

  private static double dot(double[] left, double[] right) {
    return IntStream.range(0, left.length).mapToDouble(i -> left[i] * right[i]).sum();
  }

  /** The loss of all rows as a function of the adapter. */
  private record Loss(BaseModel model, AdapterLayout layout, Training training, RandomModel made) {

    private Pack pack(float[] at) {
      var pack = new Pack(model, List.of(Slot.fresh(training, new Trainable.Adapter(layout), at)));
      List<TokenRow> rows = made.rows();
      double targets = rows.stream().mapToInt(TokenRow::targets).sum();
      long[] keys = IntStream.range(0, rows.size()).mapToLong(row -> 7 + 1000L * row).toArray();
      pack.accumulate(MicroBatch.of(List.of(Packs.part(rows, 1 / targets, keys))));
      return pack;
    }

    double of(float[] at) {
      try (Pack pack = pack(at)) {
        return pack.measure().get(0).loss();
      }
    }

    double[] gradient(float[] at) {
      try (Pack pack = pack(at)) {
        pack.update(new boolean[] {true}, new double[] {RATE});
        float[] moved = pack.parameters(0);
        return IntStream.range(0, at.length)
            .mapToDouble(i -> ((double) at[i] - moved[i]) / RATE)
            .toArray();
      }
    }

    /** Of fourth order: from the losses at one and at two steps to either side. */
    double slope(float[] at, double[] direction, Matrix matrix, double step) {
      double near =
          of(moved(at, direction, step, matrix)) - of(moved(at, direction, -step, matrix));
      double far =
          of(moved(at, direction, 2 * step, matrix)) - of(moved(at, direction, -2 * step, matrix));
      return (8 * near - far) / (12 * step);
    }

    /**
     * With DoRA the magnitudes follow the norms that A and B change: no gradient flows through
     * those (section 4.3 of its paper), so the slope is that with the ratio held.
     */
    private float[] moved(float[] at, double[] direction, double by, Matrix matrix) {
      float[] there = at.clone();
      for (int i = 0; i < there.length; i++) {
        there[i] += (float) (by * direction[i]);
      }
      if (training.lora().dora() && matrix.side() != Side.MAGNITUDE) {
        Matrix magnitude = of(matrix, Side.MAGNITUDE);
        for (int row = 0; row < magnitude.rows(); row++) {
          double ratio = norm(there, matrix, row) / norm(at, matrix, row);
          there[(int) magnitude.offset() + row] *= (float) ratio;
        }
      }
      return there;
    }

    private Matrix of(Matrix module, Side side) {
      return layout.matrices().stream()
          .filter(other -> other.side() == side && path(other).equals(path(module)))
          .findFirst()
          .orElseThrow();
    }

    private static String path(Matrix matrix) {
      return matrix.module().path();
    }

    /** Of one row of W + scale B A. */
    private double norm(float[] at, Matrix module, int row) {
      Lora lora = training.lora();
      float[] weight = Objects.requireNonNull(made.weights().get(path(module) + ".weight"));
      Matrix a = of(module, Side.A);
      Matrix b = of(module, Side.B);
      double sum = 0;
      for (int column = 0; column < a.columns(); column++) {
        double value = weight[row * a.columns() + column];
        for (int r = 0; r < a.rows(); r++) {
          value +=
              lora.scaleOf(path(module))
                  * at[(int) b.offset() + row * b.columns() + r]
                  * at[(int) a.offset() + r * a.columns() + column];
        }
        sum += value * value;
      }
      return Math.sqrt(sum);
    }
  }
}
