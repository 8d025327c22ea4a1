package io.espalier.worker.lora;

import io.espalier.common.UserError;
import io.espalier.common.spec.NearestWord;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Projection;
import java.util.Collection;
import java.util.List;
import java.util.function.BiPredicate;

/** Whether a model has the modules that a specification names. */
public final class ModuleNames {
  private ModuleNames() {}

  /**
   * @throws UserError for a name of {@code target_modules}, {@code rank_pattern} or {@code
   *     alpha_pattern} that no linear module of the model has, listing those there are
   */
  public static void check(ModelConfig model, Lora lora) {
    check(
        model,
        "target_modules",
        lora.targetModules().stream()
            .filter(name -> !name.equals(AdapterLayout.ALL_LINEAR))
            .toList(),
        Lora::names);
    check(model, "rank_pattern", lora.rankPattern().keySet(), Lora::matches);
    check(model, "alpha_pattern", lora.alphaPattern().keySet(), Lora::matches);
  }

  private static void check(
      ModelConfig model, String key, Collection<String> names, BiPredicate<String, String> means) {
    for (String name : names) {
      if (model.modules().stream().noneMatch(module -> means.test(name, module.path()))) {
        List<String> known =
            model.modules().stream().map(Projection::moduleName).distinct().toList();
        throw new UserError(
            "training.%s: this %s model has no module '%s'; it has %s%s"
                .formatted(
                    key,
                    model.modelType(),
                    name,
                    String.join(", ", known),
                    NearestWord.of(name, known)
                        .map(near -> "; did you mean %s?".formatted(near))
                        .orElse("")));
      }
    }
  }
}
