package io.espalier.worker.lora;

import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Projection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Where each adapter tensor lies in a slot's flat vector [P]: layer after layer, module after
 * module, A [rank, in] before B [out, rank], row by row, and with DoRA the magnitudes [out].
 */
public final class AdapterLayout {
  /** PEFT's word for every linear module but the output layer. */
  public static final String ALL_LINEAR = "all-linear";

  private final Lora lora;
  private final int layers;
  private final List<Matrix> matrices;
  private final long parameters;

  /** Which of the tensors of an adapted module. */
  public enum Side {
    A("lora_A.weight"),
    B("lora_B.weight"),
    MAGNITUDE("lora_magnitude_vector");

    private final String peftName;

    Side(String peftName) {
      this.peftName = peftName;
    }
  }

  /**
   * One tensor of the adapter.
   *
   * @param offset of its first number in the flat vector
   */
  public record Matrix(
      int layer, Projection module, Side side, int rows, int columns, long offset) {
    public long size() {
      return (long) rows * columns;
    }

    /** As PEFT stores it: the magnitudes are a vector. */
    public long[] shape() {
      return side == Side.MAGNITUDE ? new long[] {rows} : new long[] {rows, columns};
    }

    /** PEFT's name for it. */
    public String peftName() {
      return "base_model.model.%s.%s".formatted(module.path(layer), side.peftName);
    }
  }

  private AdapterLayout(Lora lora, int layers, List<Matrix> matrices, long size) {
    this.lora = lora;
    this.layers = layers;
    this.matrices = List.copyOf(matrices);
    this.parameters = size;
  }

  /**
   * Lays out the adapter of {@code lora} on a model.
   *
   * @throws UserError when a target module does not exist, listing those that do
   */
  public static AdapterLayout of(ModelConfig model, Lora lora) {
    requireKnown(model, lora.targetModules());
    var matrices = new ArrayList<Matrix>();
    long offset = 0;
    for (int layer = 0; layer < model.layers(); layer++) {
      for (Projection module : Projection.values()) {
        if (!adapts(lora, module.path(layer))) {
          continue;
        }
        int rank = lora.rankOf(module.path(layer));
        int in = module.in(model);
        int out = module.out(model);
        var tensors = new ArrayList<Matrix>();
        tensors.add(new Matrix(layer, module, Side.A, rank, in, offset));
        tensors.add(new Matrix(layer, module, Side.B, out, rank, offset + (long) rank * in));
        offset += (long) rank * (in + out);
        if (lora.dora()) {
          tensors.add(new Matrix(layer, module, Side.MAGNITUDE, out, 1, offset));
          offset += out;
        }
        matrices.addAll(tensors);
      }
    }
    return new AdapterLayout(lora, model.layers(), matrices, offset);
  }

  private static void requireKnown(ModelConfig model, List<String> names) {
    for (String name : names) {
      boolean known =
          IntStream.range(0, model.layers())
              .boxed()
              .flatMap(layer -> paths(layer))
              .anyMatch(path -> Lora.names(name, path));
      if (!known && !name.equals(ALL_LINEAR)) {
        throw unknown(name);
      }
    }
  }

  private static Stream<String> paths(int layer) {
    return Arrays.stream(Projection.values()).map(module -> module.path(layer));
  }

  private static boolean adapts(Lora lora, String path) {
    return lora.targetModules().stream()
        .anyMatch(name -> name.equals(ALL_LINEAR) || Lora.names(name, path));
  }

  private static UserError unknown(String name) {
    return new UserError(
        "target_modules: no module '%s' in this model; there are %s, or %s for all of them"
            .formatted(
                name,
                Arrays.stream(Projection.values()).map(Projection::moduleName).toList(),
                ALL_LINEAR));
  }

  public Lora lora() {
    return lora;
  }

  /** What PEFT shall adapt: names of modules, or ends of their paths. */
  List<String> targets() {
    return lora.targetModules().contains(ALL_LINEAR)
        ? Arrays.stream(Projection.values()).map(Projection::moduleName).toList()
        : lora.targetModules();
  }

  public int layers() {
    return layers;
  }

  /** Rank of each linear module of the model, layer after layer; 0 where none is adapted. */
  public long[] ranks() {
    return perModule(path -> lora.rankOf(path), 0).mapToLong(Number::longValue).toArray();
  }

  /**
   * For the engine's script: that an adapter is trained, whether it has magnitudes, the {@link
   * #ranks}.
   */
  public long[] options() {
    return LongStream.concat(LongStream.of(0, lora.dora() ? 1 : 0), Arrays.stream(ranks()))
        .toArray();
  }

  /** What each module's product is scaled with, for an adapter with this layout. */
  public double[] scales(Lora of) {
    return perModule(of::scaleOf, 0.0).mapToDouble(Number::doubleValue).toArray();
  }

  private Stream<Number> perModule(Function<String, Number> value, Number none) {
    return IntStream.range(0, layers)
        .boxed()
        .flatMap(AdapterLayout::paths)
        .map(path -> adapts(lora, path) ? value.apply(path) : none);
  }

  public List<Matrix> matrices() {
    return matrices;
  }

  /** Trainable numbers P of one slot. */
  public long parameters() {
    return parameters;
  }
}
