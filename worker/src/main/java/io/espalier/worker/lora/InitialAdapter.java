package io.espalier.worker.lora;

import io.espalier.common.UserError;
import io.espalier.common.trial.InitAdapter;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.ModelConfig;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The adapter that {@code training.init_adapter} names: its shape is its own, and what the
 * specification states of it must agree.
 */
public final class InitialAdapter {
  private InitialAdapter() {}

  /**
   * Reads it.
   *
   * @param asked what the specification says; dropout and LoRA+'s ratio are always its
   * @throws UserError when it is no adapter of this model, or of another shape than is stated;
   *     names key and file with both values
   */
  public static PeftFormat.Adapter read(InitAdapter start, Lora asked, ModelConfig model) {
    PeftFormat.Adapter found = PeftFormat.read(Path.of(start.directory()), model);
    Lora own = found.layout().lora();
    for (String key : start.stated()) {
      Object stated = value(key, asked);
      Object there = value(key, own);
      if (!stated.equals(there)
          && !(key.equals("target_modules") && sameModules(asked, own, model))) {
        throw new UserError(
            "training.%s is %s, but the adapter in %s has %s: remove the key to take the adapter's, or start from another"
                .formatted(key, stated, start.directory(), there));
      }
    }
    return new PeftFormat.Adapter(AdapterLayout.of(model, asked.shapedAs(own)), found.values());
  }

  private static Object value(String key, Lora lora) {
    return switch (key) {
      case "lora_rank" -> lora.rank();
      case "lora_alpha" -> lora.alpha();
      case "target_modules" -> lora.targetModules();
      case "rank_pattern" -> lora.rankPattern();
      case "alpha_pattern" -> lora.alphaPattern();
      case "use_rslora" -> lora.rslora();
      case "use_dora" -> lora.dora();
      default -> throw new IllegalArgumentException(key);
    };
  }

  /** Modules can be named in any order, and all of them by one word. */
  private static boolean sameModules(Lora asked, Lora own, ModelConfig model) {
    Lora named =
        new Lora(
            own.rank(),
            own.alpha(),
            0,
            asked.targetModules(),
            own.rankPattern(),
            own.alphaPattern(),
            own.rslora(),
            own.dora(),
            1);
    return Arrays.equals(
        AdapterLayout.of(model, named).ranks(), AdapterLayout.of(model, own).ranks());
  }
}
