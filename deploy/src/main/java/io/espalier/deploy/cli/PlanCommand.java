package io.espalier.deploy.cli;

import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.plan.Plan;
import io.espalier.coordinator.plan.PlanTable;
import io.espalier.coordinator.search.Search;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.DatasetReader;
import io.espalier.worker.data.ModelFingerprint;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.lora.ModuleNames;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.ModelPlaces;
import io.espalier.worker.train.Rows;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Reads a spec and its data, and lists the trials: updates an epoch and in all, and which are"
          + " the same training. Trains a few updates to say how long it takes here, unless told not"
          + " to. Starts nothing, writes nothing."
    })
final class PlanCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "SPEC", description = "The sweep's YAML file.")
  private Path file = Path.of("");

  PlanCommand(Console console) {
    this.console = console;
  }

  @Option(
      names = "--no-estimate",
      description = "Do not load the model to measure how long the sweep takes on this machine.")
  private boolean noEstimate;

  @Mixin private final DeviceOption devices = new DeviceOption();

  @Override
  public Integer call() {
    SweepSpec spec = SpecReader.read(file);
    Path model = ModelPlaces.of(List.of(), System.getenv()).find(spec.taskSettings().model());
    TokenizedDataset data = data(spec, model);
    Plan plan = Plan.of(spec, data.summary().samples());
    console.out().print(PlanTable.text(plan));
    data.summary().leftOut().forEach(reason -> console.out().printf("%nwarning: %s%n", reason));
    if (!noEstimate) {
      console
          .out()
          .printf(
              "%n%s%n", new Estimating(devices.device(), model, data, spec.passes()).text(plan));
    }
    return CommandLineInterface.OK;
  }

  private static TokenizedDataset data(SweepSpec spec, Path directory) {
    ModelFingerprint model = ModelFingerprint.of(directory);
    Optional<ChatTokenizer> tokenizer = ChatTokenizer.open(directory);
    try {
      TokenizedDataset data =
          new DatasetReader(tokenizer, model).read(spec.taskSettings(), spec.training());
      ModelConfig config = ModelConfig.read(directory);
      Rows.check(data, spec.taskSettings().evaluation(), config);
      Search.trials(spec).stream()
          .map(TrialConfig::training)
          .filter(training -> training.trainType() == TrainType.LORA)
          .map(Training::lora)
          .distinct()
          .forEach(lora -> ModuleNames.check(config, lora));
      return data;
    } finally {
      tokenizer.ifPresent(ChatTokenizer::close);
    }
  }
}
