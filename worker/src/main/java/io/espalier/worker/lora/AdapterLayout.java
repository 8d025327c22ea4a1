package io.espalier.worker.lora;

import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Projection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Where each adapter tensor lies in a slot's flat vector [P]: layer after layer, module after
 * module, A [rank, in] before B [out, rank], row by row, and with DoRA the magnitudes [out]. In a
 * model that classifies, weight [classes, in] and bias [classes] of its head come last.
 */
public final class AdapterLayout {
  /** PEFT's word for every linear module but the output layer. */
  public static final String ALL_LINEAR = "all-linear";

  private final Lora lora;
  private final ModelConfig model;
  private final List<Matrix> matrices;
  private final long parameters;

  /** Which of the tensors of an adapted module, or of the head that is trained whole. */
  public enum Side {
    A("lora_A.weight"),
    B("lora_B.weight"),
    MAGNITUDE("lora_magnitude_vector"),
    HEAD("weight"),
    HEAD_BIAS("bias");

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
  public record Matrix(Projection module, Side side, int rows, int columns, long offset) {
    public long size() {
      return (long) rows * columns;
    }

    /** As PEFT stores it: magnitudes and biases are vectors. */
    public long[] shape() {
      boolean vector = side == Side.MAGNITUDE || side == Side.HEAD_BIAS;
      return vector ? new long[] {rows} : new long[] {rows, columns};
    }

    /** PEFT's name for it. */
    public String peftName() {
      return "base_model.model.%s.%s".formatted(module.path(), side.peftName);
    }
  }

  private AdapterLayout(Lora lora, ModelConfig model, List<Matrix> matrices, long size) {
    this.lora = lora;
    this.model = model;
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
    for (Projection module : model.modules()) {
      if (!adapts(lora, module.path())) {
        continue;
      }
      int rank = lora.rankOf(module.path());
      int in = module.in();
      int out = module.out();
      matrices.add(new Matrix(module, Side.A, rank, in, offset));
      matrices.add(new Matrix(module, Side.B, out, rank, offset + (long) rank * in));
      offset += (long) rank * (in + out);
      if (lora.dora()) {
        matrices.add(new Matrix(module, Side.MAGNITUDE, out, 1, offset));
        offset += out;
      }
    }
    if (model.head().isPresent()) {
      Projection head = model.head().get();
      matrices.add(new Matrix(head, Side.HEAD, head.out(), head.in(), offset));
      offset += (long) head.out() * head.in();
      matrices.add(new Matrix(head, Side.HEAD_BIAS, head.out(), 1, offset));
      offset += head.out();
    }
    return new AdapterLayout(lora, model, matrices, offset);
  }

  /**
   * The layout that has room for adapters of the same modules and different ranks.
   *
   * @param layouts of one model, with {@link #adaptsAs the same modules}, one at least
   */
  public static AdapterLayout covering(List<AdapterLayout> layouts) {
    AdapterLayout first = layouts.get(0);
    if (layouts.stream().allMatch(first::liesAs)) {
      return first;
    }
    var ranks = new HashMap<String, Integer>();
    for (AdapterLayout layout : layouts) {
      for (Matrix matrix : layout.matrices) {
        if (matrix.side == Side.A) {
          ranks.merge(matrix.module.path(), matrix.rows, Math::max);
        }
      }
    }
    return of(first.model, first.lora.with(ranks));
  }

  /** Whether both have the same tensors, of whatever rank. */
  public boolean adaptsAs(AdapterLayout other) {
    return places().equals(other.places());
  }

  private List<String> places() {
    return matrices.stream().map(Matrix::peftName).toList();
  }

  /** Whether flat vectors of both layouts, which {@link #adaptsAs adapt alike}, are the same. */
  public boolean liesAs(AdapterLayout other) {
    return Arrays.equals(ranks(), other.ranks());
  }

  /**
   * An adapter of this layout as one of another with the same tensors. What the other has no room
   * for is left out, and what it has beyond is zero: where both of a module's matrices have zeros
   * in a rank, neither its product nor its gradient has anything of it.
   *
   * @param values flat vector [P] of this layout
   */
  public float[] relaid(float[] values, AdapterLayout other) {
    if (liesAs(other)) {
      return values;
    }
    float[] relaid = new float[Math.toIntExact(other.parameters)];
    for (int i = 0; i < matrices.size(); i++) {
      Matrix from = matrices.get(i);
      Matrix to = other.matrices.get(i);
      int columns = Math.min(from.columns, to.columns);
      for (int row = 0; row < Math.min(from.rows, to.rows); row++) {
        System.arraycopy(
            values,
            Math.toIntExact(from.offset + (long) row * from.columns),
            relaid,
            Math.toIntExact(to.offset + (long) row * to.columns),
            columns);
      }
    }
    return relaid;
  }

  private static void requireKnown(ModelConfig model, List<String> names) {
    for (String name : names) {
      boolean known =
          name.equals(ALL_LINEAR)
              || model.modules().stream().anyMatch(module -> Lora.names(name, module.path()));
      if (!known) {
        throw new UserError(
            "target_modules: no module '%s' in this model; there are %s, or %s for all of them"
                .formatted(name, moduleNames(model), ALL_LINEAR));
      }
    }
  }

  private static List<String> moduleNames(ModelConfig model) {
    return model.modules().stream().map(Projection::moduleName).distinct().toList();
  }

  private static boolean adapts(Lora lora, String path) {
    return lora.targetModules().stream()
        .anyMatch(name -> name.equals(ALL_LINEAR) || Lora.names(name, path));
  }

  public Lora lora() {
    return lora;
  }

  /** What PEFT shall adapt: names of modules, or ends of their paths. */
  List<String> targets() {
    return lora.targetModules().contains(ALL_LINEAR) ? moduleNames(model) : lora.targetModules();
  }

  ModelConfig model() {
    return model;
  }

  public int layers() {
    return model.layers();
  }

  /** Rank of each linear module of the model, layer after layer; 0 where none is adapted. */
  public long[] ranks() {
    return perModule(path -> lora.rankOf(path), 0).mapToLong(Number::longValue).toArray();
  }

  /**
   * For the engine's script: that an adapter is trained, whether it has magnitudes, the {@link
   * #ranks}, whether the head is trained with it.
   */
  public long[] options() {
    long[] ranks = ranks();
    long[] options = new long[ranks.length + 3];
    options[1] = lora.dora() ? 1 : 0;
    System.arraycopy(ranks, 0, options, 2, ranks.length);
    options[options.length - 1] = model.classes() > 0 ? 1 : 0;
    return options;
  }

  /** What each module's product is scaled with, for an adapter with this layout. */
  public double[] scales(Lora of) {
    return perModule(of::scaleOf, 0.0).mapToDouble(Number::doubleValue).toArray();
  }

  private Stream<Number> perModule(Function<String, Number> value, Number none) {
    return model.modules().stream()
        .map(Projection::path)
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
