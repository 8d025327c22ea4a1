package io.espalier.worker.lora;

import io.espalier.common.UserError;
import io.espalier.common.trial.Training.Lora;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Projection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Where each adapter matrix lies in a slot's flat vector [P]: layer after layer, module after
 * module, A [rank, in] before B [out, rank], row by row.
 */
public final class AdapterLayout {
  /** PEFT's word for every linear module but the output layer. */
  public static final String ALL_LINEAR = "all-linear";

  private final Lora lora;
  private final Set<Projection> modules;
  private final List<Matrix> matrices;
  private final long parameters;

  /** Which of the two matrices of an adapted module. */
  public enum Side {
    A,
    B
  }

  /**
   * One matrix of the adapter.
   *
   * @param offset of its first number in the flat vector
   */
  public record Matrix(
      int layer, Projection module, Side side, int rows, int columns, long offset) {
    public long size() {
      return (long) rows * columns;
    }

    /** PEFT's name for it. */
    public String peftName() {
      return "base_model.model.%s.lora_%s.weight".formatted(module.path(layer), side);
    }
  }

  private AdapterLayout(Lora lora, Set<Projection> modules, List<Matrix> matrices, long size) {
    this.lora = lora;
    this.modules = modules;
    this.matrices = List.copyOf(matrices);
    this.parameters = size;
  }

  /**
   * Lays out the adapter of {@code lora} on a model.
   *
   * @throws UserError when a target module does not exist, listing those that do
   */
  public static AdapterLayout of(ModelConfig model, Lora lora) {
    Set<Projection> modules = modules(lora.targetModules());
    var matrices = new ArrayList<Matrix>();
    long offset = 0;
    for (int layer = 0; layer < model.layers(); layer++) {
      for (Projection module : modules) {
        Matrix a = new Matrix(layer, module, Side.A, lora.rank(), module.in(model), offset);
        offset += a.size();
        Matrix b = new Matrix(layer, module, Side.B, module.out(model), lora.rank(), offset);
        offset += b.size();
        matrices.add(a);
        matrices.add(b);
      }
    }
    return new AdapterLayout(lora, modules, matrices, offset);
  }

  private static Set<Projection> modules(List<String> names) {
    if (names.contains(ALL_LINEAR)) {
      return EnumSet.allOf(Projection.class);
    }
    Set<Projection> modules = EnumSet.noneOf(Projection.class);
    for (String name : names) {
      modules.add(
          Arrays.stream(Projection.values())
              .filter(module -> module.moduleName().equals(name))
              .findFirst()
              .orElseThrow(() -> unknown(name)));
    }
    if (modules.isEmpty()) {
      throw unknown("");
    }
    return modules;
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

  /** The adapted modules, in the model's order. */
  public Set<Projection> modules() {
    return EnumSet.copyOf(modules);
  }

  /** The adapted modules as the engine's script takes them: one bit per {@link Projection}. */
  public long moduleBits() {
    return modules.stream().mapToLong(module -> 1L << module.ordinal()).sum();
  }

  public List<Matrix> matrices() {
    return matrices;
  }

  /** Trainable numbers P of one slot. */
  public long parameters() {
    return parameters;
  }
}
