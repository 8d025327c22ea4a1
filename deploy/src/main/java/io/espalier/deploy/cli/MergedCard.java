package io.espalier.deploy.cli;

import io.espalier.common.Numbers;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code README.md} of a merged model: Markdown with the hub's front matter. */
final class MergedCard {
  private MergedCard() {}

  /**
   * @param trial has a result
   * @param classifies whether the model puts rows in classes
   */
  static String text(SweepView view, TrialView trial, Path base, boolean classifies) {
    TrialResult result = trial.result().orElseThrow();
    Map<String, String> measured = new LinkedHashMap<>();
    result.trainLoss().ifPresent(loss -> measured.put("train_loss", Numbers.text(loss)));
    result.metrics().forEach((name, value) -> measured.put(name, Numbers.text(value)));
    Map<String, String> keys =
        new LinkedHashMap<>(Hyperparameters.of(trial.config().training()).texts());
    keys.putAll(trial.config().point());
    return """
    ---
    library_name: transformers
    base_model: "%1$s"
    ---
    # Trial %2$s of %3$s, merged

    The adapter of a trial of Espalier (%4$s after %5$d updates), added into the weights of its base model:
    it needs no adapter and no PEFT. Number formats, configuration and tokenizer are the base's.

    ```python
    from transformers import %6$s
    model = %6$s.from_pretrained(".")
    ```

    %7$s
    %8$s"""
        .formatted(
            base.toString().replace("\\", "\\\\").replace("\"", "\\\""),
            trial.config().id(),
            view.id(),
            result.outcome().word(),
            result.updates(),
            classifies ? "AutoModelForSequenceClassification" : "AutoModelForCausalLM",
            table("Measured at its end, with the adapter", measured),
            table("Key", keys));
  }

  private static String table(String head, Map<String, String> values) {
    return values.entrySet().stream()
        .map(each -> "| %s | %s |\n".formatted(each.getKey(), each.getValue().replace("|", "\\|")))
        .collect(Collectors.joining("", "| %s | |\n|---|---|\n".formatted(head), ""));
  }
}
