package io.espalier.deploy.cli;

import io.espalier.deploy.certs.DevelopmentAuthority;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "certs",
    mixinStandardHelpOptions = true,
    description = {
      "Makes an authority and a certificate for each host, for --certificates of coordinators and"
          + " workers. Called again it issues further ones, and new ones for hosts that have one.",
      "Whoever has a certificate of this authority is a node of the cluster: keep its ca.key to"
          + " yourself, and give each host its own directory only."
    })
final class CertsCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "DIR", description = "Directory of the authority.")
  private Path directory = Path.of("certs");

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "HOST",
      description = "Names or addresses, as each node's --host names it.")
  private List<String> hosts = List.of();

  @Option(
      names = "--days",
      paramLabel = "N",
      description = "How long the hosts' certificates are good for (default: ${DEFAULT-VALUE}).")
  private int days = 365;

  CertsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    DevelopmentAuthority authority = DevelopmentAuthority.in(directory, Clock.systemUTC());
    for (String host : hosts) {
      Path made = authority.issue(host, Duration.ofDays(days));
      console.out().printf("%s: on %s, --certificates %s%n", made, host, made);
    }
    console.out().printf("clients: ESPALIER_CA=%s%n", directory.resolve("ca.crt"));
    return CommandLineInterface.OK;
  }
}
