package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.TaskSettings;
import io.espalier.coordinator.replay.Replay;
import io.espalier.coordinator.replay.ReplayText;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.ViewJson;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = {
      "Says what another pruner, or other guards, would have ended and saved of a sweep, from its"
          + " recorded measurements, and whether they would have lost the best trial. Trains nothing."
    })
final class ReplayCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Option(
      names = "--pruning",
      paramLabel = "RULE",
      defaultValue = "{}",
      description =
          "As pruning in a spec, such as '{method: median, n_startup_trials: 3}' (default: ${DEFAULT-VALUE},"
              + " asha with its defaults).")
  private String pruning = "{}";

  @Option(
      names = "--guard",
      paramLabel = "RULES",
      description =
          "Instead of a pruner, as guard in a spec, such as '{overfit: {patience: 2}}'; rules that it"
              + " does not name are as in a spec without them.")
  private Optional<String> guard = Optional.empty();

  @Option(names = "--json", description = "As JSON.")
  private boolean json;

  ReplayCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Sweeps sweeps = source.sweeps();
    SweepView view = sweeps.find(sweep);
    TaskSettings settings =
        view.settings()
            .orElseThrow(
                () ->
                    new UserError(
                        "The spec of %s can no longer be read, so it is not known what was measured."
                            .formatted(view.id())));
    TrialCurves curves = sweeps.curves(view);
    Replay replay =
        guard.isPresent()
            ? Replay.of(view, curves, SpecReader.guard(guard.get()))
            : Replay.of(view, curves, SpecReader.pruning(pruning, settings, view.objective()));
    console.out().print(json ? ViewJson.write(replay) + "\n" : ReplayText.of(view, replay));
    return CommandLineInterface.OK;
  }
}
