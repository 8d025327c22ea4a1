package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Training;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.WeightLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
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
  private static final Map<String, String> PLAIN =
      Map.of(
          "optimizer", "sgd",
          "weight_decay", "0",
          "max_grad_norm", "0",
          "lora_alpha", "3",
          "lora_rank", "2");

  private static final Map<String, Map<String, String>> VARIANTS =
      Map.of(
          "plain", Map.of(),
          "rslora", Map.of("use_rslora", "true", "lora_rank", "3"),
          "dropout", Map.of("lora_dropout", "0.3"),
          "smoothed", Map.of("label_smoothing_factor", "0.1"),
          "dora", Map.of("use_dora", "true"),
          "dora_rslora_dropout",
              Map.of("use_dora", "true", "use_rslora", "true", "lora_dropout", "0.2"));

  private static final Map<String, Map<String, String>> BY_NAMES =
      Map.of(
          "patterns",
              Map.of(
                  "rank_pattern",
                  "q_proj: 1, down_proj: 4",
                  "alpha_pattern",
                  "v_proj: 7, up_proj: 5"),
          "named", Map.of("target_modules", "k_proj, o_proj, gate_proj"));

  @TempDir Path directory;

  static Stream<Arguments> adapters() {
    return Stream.concat(
        Stream.of("qwen2", "qwen3", "gpt2", "bert").flatMap(type -> cases(type, VARIANTS)),
        cases("qwen2", BY_NAMES));
  }

  private static Stream<Arguments> cases(String type, Map<String, Map<String, String>> variants) {
    return variants.entrySet().stream()
        .flatMap(
            variant ->
                IntStream.range(0, type.equals("qwen2") ? 4 : 2)
                    .mapToObj(
                        seed -> Arguments.of(type, variant.getKey(), variant.getValue(), seed)));
  }

  /** With an odd seed in the second slot of a pack whose first has an adapter of higher rank. */
  @ParameterizedTest(name = "{0} {1} {3}")
  @MethodSource("adapters")
  void gradients_of_adapters_are_the_slopes_of_the_loss(
      String type, String name, Map<String, String> texts, int seed) {
    var random = new Random(31L * name.hashCode() + seed);
    RandomModel made = RandomModel.in(directory, random, type, 0);
    Training training = training(texts);
    try (BaseModel model = BaseModel.load(made.directory(), Device.cpu())) {
      AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
      float[] at = drawn(model, layout, random);
      List<Slot> neighbours =
          seed % 2 == 0 ? List.of() : List.of(neighbour(model, training.lora(), texts, random));
      var surface =
          new LossSurface(model, new Trainable.Adapter(layout), training, made.rows(), neighbours);
      double[] gradient = surface.gradient(at);
      for (Matrix matrix : layout.matrices()) {
        double[] direction =
            along(matrix.peftName(), Math.toIntExact(matrix.offset()), matrix.size(), gradient);
        var norms = new HeldNorms(made, layout, matrix, model.config().storesTransposed());
        UnaryOperator<float[]> bent =
            training.lora().dora() && (matrix.side() == Side.A || matrix.side() == Side.B)
                ? there -> norms.held(at, there)
                : UnaryOperator.identity();
        assertSlope(surface, matrix.peftName(), at, direction, gradient, bent);
      }
    }
  }

  static Stream<Arguments> wholeModels() {
    return Stream.of("qwen2", "qwen3", "gpt2", "bert")
        .flatMap(type -> IntStream.range(0, 2).mapToObj(seed -> Arguments.of(type, seed)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("wholeModels")
  void gradients_of_all_weights_are_the_slopes_of_the_loss(String type, int seed) {
    RandomModel made = RandomModel.in(directory, new Random(seed), type, 0);
    Training training = training(Map.of("train_type", "full"));
    try (BaseModel model = BaseModel.load(made.directory(), Device.cpu())) {
      var all = new Trainable.AllWeights(model.layout(), model.config());
      float[] at = LossSurface.weights(model);
      var surface = new LossSurface(model, all, training, made.rows(), List.of());
      double[] gradient = surface.gradient(at);
      for (WeightLayout.Entry entry : model.layout().entries()) {
        if (entry.present() && !shiftsAllScores(entry.name())) {
          double[] direction =
              along(entry.name(), Math.toIntExact(entry.offset()), entry.size(), gradient);
          assertSlope(surface, entry.name(), at, direction, gradient, UnaryOperator.identity());
        }
      }
    }
  }

  /** A key's bias adds the same to a token's scores of all others: its gradient is nothing. */
  private static boolean shiftsAllScores(String name) {
    return name.endsWith("self.key.bias");
  }

  /** What bends the loss spoils the wider differences, what is rounded the narrower ones. */
  private static void assertSlope(
      LossSurface surface,
      String name,
      float[] at,
      double[] direction,
      double[] gradient,
      UnaryOperator<float[]> bent) {
    double expected = dot(direction, gradient);
    double step = 0.02 / (1 + expected);
    double tolerance = 2e-3 * expected + 2e-4;
    double slope = surface.slope(at, direction, step, bent);
    if (Math.abs(slope - expected) > tolerance) {
      slope = surface.slope(at, direction, step / 4, bent);
    }
    assertThat(slope).as(name).isCloseTo(expected, within(tolerance));
  }

  private static Training training(Map<String, String> texts) {
    var all = new HashMap<>(PLAIN);
    all.putAll(texts);
    return Hyperparameters.of(all).training();
  }

  private static float[] drawn(BaseModel model, AdapterLayout layout, Random random) {
    long seed = random.nextInt(100);
    float[] at = AdapterInit.values(layout, seed, () -> model.firstValues(layout.options()));
    for (int i = 0; i < at.length; i++) {
      at[i] += (float) (0.1 * random.nextGaussian());
    }
    return at;
  }

  private static Slot neighbour(
      BaseModel model, Lora own, Map<String, String> texts, Random random) {
    var higher = new HashMap<>(texts);
    higher.put("lora_rank", Integer.toString(own.rank() + 2));
    Training training = training(higher);
    AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
    return Slot.fresh(training, new Trainable.Adapter(layout), drawn(model, layout, random));
  }

  /** The gradient's own direction, of length 1, within one tensor. */
  private static double[] along(String name, int from, long size, double[] gradient) {
    double[] direction = new double[gradient.length];
    System.arraycopy(gradient, from, direction, from, Math.toIntExact(size));
    double length = Math.sqrt(dot(direction, direction));
    assertThat(length).as("gradient of " + name).isPositive();
    return Arrays.stream(direction).map(each -> each / length).toArray();
  }

  private static double dot(double[] left, double[] right) {
    return IntStream.range(0, left.length).mapToDouble(i -> left[i] * right[i]).sum();
  }

  /**
   * With DoRA the magnitudes follow the norms that A and B change: no gradient flows through those
   * (section 4.3 of its paper), so the slope is that with the ratio held.
   */
  private record HeldNorms(
      RandomModel made, AdapterLayout layout, Matrix matrix, boolean transposed) {

    float[] held(float[] at, float[] there) {
      float[] held = there.clone();
      Matrix magnitude = of(Side.MAGNITUDE);
      for (int row = 0; row < magnitude.rows(); row++) {
        held[(int) magnitude.offset() + row] *= (float) (norm(there, row) / norm(at, row));
      }
      return held;
    }

    private String path() {
      return matrix.module().path();
    }

    private Matrix of(Side side) {
      return layout.matrices().stream()
          .filter(other -> other.side() == side && other.module().path().equals(path()))
          .findFirst()
          .orElseThrow();
    }

    /** Of one row of W + scale B A. */
    private double norm(float[] at, int row) {
      float[] weight = Objects.requireNonNull(made.weights().get(path() + ".weight"));
      Matrix a = of(Side.A);
      Matrix b = of(Side.B);
      double sum = 0;
      for (int column = 0; column < a.columns(); column++) {
        double value = weight[transposed ? column * b.rows() + row : row * a.columns() + column];
        for (int r = 0; r < a.rows(); r++) {
          value +=
              layout.lora().scaleOf(path())
                  * at[(int) b.offset() + row * b.columns() + r]
                  * at[(int) a.offset() + r * a.columns() + column];
        }
        sum += value * value;
      }
      return Math.sqrt(sum);
    }
  }
}
