package io.espalier.deploy.cli;

import io.espalier.coordinator.report.ViewJson;
import io.espalier.deploy.client.CoordinatorClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "watch",
    mixinStandardHelpOptions = true,
    description = {
      "Shows a sweep's progress at its coordinator and ends with its table; exits like run.",
      "Ctrl-C ends the watching, not the sweep."
    })
final class WatchCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Option(names = "--plain", description = "Plain lines even on a terminal.")
  private boolean plain;

  @Option(names = "--json", description = "Wait silently and write how it ended, as JSON.")
  private boolean json;

  WatchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CoordinatorClient client = url.client();
    if (!json) {
      return new Following(console, client, plain).tell(sweep, url.flags());
    }
    var ended = new Following(console.withoutResults(), client, true).until(sweep);
    ended.ifPresent(view -> console.out().println(ViewJson.write(view)));
    return ended.map(Ending::code).orElse(CommandLineInterface.INTERRUPTED);
  }
}
