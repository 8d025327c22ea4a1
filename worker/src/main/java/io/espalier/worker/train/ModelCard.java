package io.espalier.worker.train;

import io.espalier.common.Numbers;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.SpecWriter;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.checkpoint.Standing;
import io.espalier.worker.model.BaseModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** {@code README.md} beside what a trial trained: Markdown with the hub's front matter. */
final class ModelCard {
  private ModelCard() {}

  /**
   * @param curve of the branch up to the trial's end, oldest first
   */
  static String text(
      Lease lease,
      BaseModel model,
      DatasetSummary data,
      TrialResult result,
      List<Standing.Evaluated> curve) {
    String base = quoted(model.directory().toString());
    Training training = lease.branch().config(result.trial()).training();
    boolean adapter = training.trainType() == TrainType.LORA;
    var numbers = new LinkedHashMap<String, String>();
    result.trainLoss().ifPresent(loss -> numbers.put("train_loss", Numbers.text(loss)));
    result.metrics().forEach((name, value) -> numbers.put(name, Numbers.text(value)));
    return """
    ---
    %sbase_model: %s
    ---
    # Trial %s of %s

    %s after %d updates (%s epochs)%s.

    %s
    ## How to load

    ```python
    %s
    ```

    ## Curve

    %s
    ## Training

    The whole of it, as a specification for `espalier run`:

    ```yaml
    %s```

    ## Data and provenance

    %s"""
        .formatted(
            adapter ? "library_name: peft\n" : "",
            base,
            result.trial(),
            lease.sweep(),
            result.outcome().word(),
            result.updates(),
            Numbers.text(result.epochs()),
            result.outcome().reason().isEmpty() ? "" : ": " + result.outcome().reason(),
            table("Measured at its end", numbers),
            loading(adapter, model.config().classes() > 0, base),
            curve(own(curve, lease, model.config().classes() > 0)),
            SpecWriter.oneTrial(lease.settings(), training),
            table("What", origin(lease, data, result)));
  }

  private static String loading(boolean adapter, boolean classifies, String base) {
    String kind = classifies ? "AutoModelForSequenceClassification" : "AutoModelForCausalLM";
    return adapter
        ? """
          from peft import PeftModel
          from transformers import %1$s
          model = PeftModel.from_pretrained(%1$s.from_pretrained(%2$s), ".")"""
            .formatted(kind, base)
        : """
          from transformers import %1$s
          model = %1$s.from_pretrained(".")"""
            .formatted(kind);
  }

  private static Map<String, String> origin(Lease lease, DatasetSummary data, TrialResult result) {
    var values = new LinkedHashMap<String, String>();
    values.put("training rows", TrialLog.files(lease.settings().dataset().train()));
    values.put(
        "rows, tokens, targets",
        String.format(Locale.ROOT, "%,d, %,d, %,d", data.samples(), data.tokens(), data.targets()));
    values.put("data sha256", data.dataSha256());
    values.put("model sha256", data.modelSha256());
    result.provenance().ifPresent(by -> by(values, by));
    return values;
  }

  private static void by(Map<String, String> values, Provenance by) {
    values.put("espalier", by.revision());
    values.put("libtorch", by.libtorch());
    values.put("device", by.device() + ", " + by.instructionSet());
  }

  /**
   * Without what was measured on the way only because another trial on the branch ended there.
   *
   * @param classifies whether accuracy is that of classes, which every evaluation has
   */
  private static List<Standing.Evaluated> own(
      List<Standing.Evaluated> curve, Lease lease, boolean classifies) {
    EvaluationSpec evaluation = lease.settings().evaluation();
    StepsSpec steps = lease.settings().steps().orElse(StepsSpec.NONE);
    List<Standing.Evaluated> own = new ArrayList<>();
    for (Standing.Evaluated point : curve.subList(0, curve.size() - 1)) {
      if (!point.trialEnds()) {
        own.add(point);
      } else if (steps.evaluates(point.update(), point.epoch() == Math.rint(point.epoch()))) {
        Map<String, Double> metrics = new TreeMap<>(point.metrics());
        metrics.keySet().removeIf(name -> !beforeEnds(evaluation, name, classifies));
        own.add(
            new Standing.Evaluated(
                point.update(), point.epoch(), point.trainLoss(), metrics, true));
      }
    }
    own.add(curve.get(curve.size() - 1));
    return own;
  }

  private static boolean beforeEnds(EvaluationSpec evaluation, String name, boolean classifies) {
    return Metric.ofSet(name)
        .filter(
            metric ->
                evaluation.atEveryEpoch(metric)
                    || (classifies && evaluation.everyEpoch() && metric == Metric.ACCURACY))
        .isPresent();
  }

  private static String curve(List<Standing.Evaluated> curve) {
    var names = new TreeSet<String>();
    curve.forEach(point -> names.addAll(point.metrics().keySet()));
    var lines = new StringBuilder("| update | epoch | train_loss |");
    names.forEach(name -> lines.append(' ').append(name).append(" |"));
    lines.append("\n|").append("---|".repeat(3 + names.size())).append('\n');
    for (Standing.Evaluated point : curve) {
      lines.append(
          "| %d | %s | %s |"
              .formatted(
                  point.update(),
                  Numbers.text(point.epoch()),
                  Numbers.text(point.trainLoss().orElse(Double.NaN))));
      for (String name : names) {
        Double value = point.metrics().get(name);
        lines.append(' ').append(value == null ? "" : Numbers.text(value)).append(" |");
      }
      lines.append('\n');
    }
    return lines.toString();
  }

  private static String table(String head, Map<String, String> values) {
    return values.entrySet().stream()
        .map(
            value ->
                "| %s | %s |\n".formatted(value.getKey(), value.getValue().replace("|", "\\|")))
        .collect(Collectors.joining("", "| %s | |\n|---|---|\n".formatted(head), ""));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
