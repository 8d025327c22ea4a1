package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import io.espalier.worker.data.ModelFingerprint;
import io.espalier.worker.lora.MergedModel;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The model that a trial has trained, as a directory of its own.
 *
 * @param directory to make; it must not be there yet, or be empty
 */
record MergedExport(
    Console console, BaseOption base, Sweeps sweeps, String sweep, int trial, Path directory) {

  /** Returns an exit code. */
  int run() {
    Path target = directory.toAbsolutePath().normalize();
    try (Interrupts interrupts = Interrupts.listen()) {
      requireFree(target);
      SweepView view = sweeps.find(sweep);
      TrialView chosen = chosen(view);
      boolean whole = Interruptible.run(interrupts, () -> export(view, chosen, target));
      if (!whole) {
        console.complain("interrupted; nothing of %s is kept".formatted(directory));
        return CommandLineInterface.INTERRUPTED;
      }
    } catch (IOException e) {
      throw new UserError(
          "The model cannot be written to %s: %s.".formatted(directory, FileProblem.text(e)), e);
    }
    console.out().println(directory);
    return CommandLineInterface.OK;
  }

  private void requireFree(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        if (files.findAny().isEmpty()) {
          return;
        }
      }
    }
    if (Files.exists(target)) {
      throw new UserError(
          "%s is there already, and nothing is overwritten: name another directory with --merged."
              .formatted(directory));
    }
  }

  private TrialView chosen(SweepView view) {
    TrialView found =
        view.trials().stream()
            .filter(each -> each.config().id().number() == trial)
            .findFirst()
            .orElseThrow(
                () ->
                    new UserError(
                        "%s has no trial %d; it has %d, numbered from 0."
                            .formatted(sweep, trial, view.trials().size())));
    Optional<String> left = found.result().flatMap(TrialResult::adapter);
    if (left.isEmpty()) {
      throw new UserError(
          "Trial %d of %s has no adapter: %s; %s show %s lists those that completed."
              .formatted(
                  trial,
                  sweep,
                  found
                      .result()
                      .map(result -> "it is " + result.outcome().word())
                      .orElse("it has not ended"),
                  Console.command(),
                  sweep));
    }
    if (found.config().training().trainType() == TrainType.FULL) {
      throw new UserError(
          "Trial %d of %s has trained every weight (train_type: full): there is no adapter to merge, and what it left is a whole model already. It is %s in the sweep's directory; from a coordinator, %s fetch copies it."
              .formatted(trial, sweep, left.get(), Console.command()));
    }
    return found;
  }

  private void export(SweepView view, TrialView chosen, Path target) throws IOException {
    Path scratch = Files.createTempDirectory("espalier-");
    try {
      Path trained = sweeps.adapter(view, chosen, scratch);
      Path model = base.find(trained, view);
      requireSame(model, view, chosen);
      ModelConfig config = ModelConfig.read(model);
      PeftFormat.Adapter adapter = PeftFormat.read(trained, config);
      String card = MergedCard.text(view, chosen, model, config.classes() > 0);
      NewDirectory.make(
          target,
          place -> {
            MergedModel.write(model, adapter, place);
            Files.writeString(place.resolve("README.md"), card);
          });
      console.err().printf("trial %d of %s, merged into %s%n", trial, sweep, model);
    } finally {
      NewDirectory.delete(scratch);
    }
  }

  /** Another model would take the adapter without a complaint, and be spoilt by it. */
  private void requireSame(Path model, SweepView view, TrialView chosen) {
    Optional<String> trainedOn =
        view.dataset()
            .map(data -> data.modelSha256())
            .filter(sha256 -> chosen.config().training().initAdapter().isEmpty());
    if (trainedOn.isEmpty() || trainedOn.get().equals(ModelFingerprint.of(model).sha256())) {
      return;
    }
    String problem =
        "%s is not the model that trial %d of %s was trained on: its files have changed, or are another's"
            .formatted(model, trial, sweep);
    if (!base.named()) {
      throw new UserError(
          problem + ". Name the right one with --model; what is named there is taken as it is.");
    }
    console.err().printf("warning: %s%n", problem);
  }
}
