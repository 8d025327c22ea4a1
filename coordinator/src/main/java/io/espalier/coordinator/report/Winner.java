package io.espalier.coordinator.report;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The best trial and what to do with it. Pure. */
record Winner(SweepView view, TrialView trial, ReportPlaces places) {

  /** A command or a piece of code, and what it does. */
  record Step(String purpose, String code) {}

  static Optional<Winner> of(SweepView view, ReportPlaces places) {
    return Ranking.best(view.objective(), view.trials())
        .map(trial -> new Winner(view, trial, places));
  }

  List<Step> steps() {
    var steps = new ArrayList<Step>();
    if (trial.result().flatMap(TrialResult::adapter).isEmpty()) {
      return steps;
    }
    boolean adapter = trial.config().training().trainType() == Training.TrainType.LORA;
    String directory = places.adapter().orElse("ADAPTER");
    String model = places.model().orElse("MODEL");
    if (places.adapter().isEmpty()) {
      steps.add(
          new Step(
              "Copy it from the coordinator",
              "%s fetch %s %s --adapter ADAPTER"
                  .formatted(places.command(), view.id(), trial.config().id())));
    }
    if (adapter) {
      steps.add(
          new Step(
              "Ask it something",
              "%s generate --model %s --adapter %s --prompt 'who are you?'"
                  .formatted(places.command(), shell(model), shell(directory))));
      steps.add(
          new Step(
              "Load it in Python",
              """
              from peft import PeftModel
              from transformers import AutoModelForCausalLM
              base = AutoModelForCausalLM.from_pretrained(%s)
              model = PeftModel.from_pretrained(base, %s)"""
                  .formatted(python(model), python(directory))));
      steps.add(
          new Step(
              "Serve it with vLLM",
              "vllm serve %s --enable-lora%s --lora-modules %s"
                  .formatted(
                      shell(model),
                      vllmRank(trial.config().training()),
                      shell(view.id() + "=" + directory))));
    } else {
      steps.add(
          new Step(
              "Ask it something",
              "%s generate --model %s --prompt 'who are you?'"
                  .formatted(places.command(), shell(directory))));
    }
    return steps;
  }

  /** The least of those vLLM accepts that holds the adapter; nothing where a file says the rank. */
  private static String vllmRank(Training training) {
    if (training.initAdapter().filter(start -> !start.stated().contains("lora_rank")).isPresent()) {
      return "";
    }
    int rank = training.lora().rank();
    return " --max-lora-rank "
        + IntStream.of(8, 16, 32, 64, 128, 256, 320, 512)
            .filter(r -> r >= rank)
            .findFirst()
            .orElse(rank);
  }

  private static String shell(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String python(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
