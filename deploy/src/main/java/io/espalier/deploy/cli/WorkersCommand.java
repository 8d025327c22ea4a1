package io.espalier.deploy.cli;

import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import io.espalier.coordinator.report.ViewJson;
import io.espalier.coordinator.report.WorkerView;
import io.espalier.deploy.client.CoordinatorClient;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "workers",
    mixinStandardHelpOptions = true,
    description = "Lists a coordinator's workers: where they are, and what they train.")
final class WorkersCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Option(names = "--json", description = "The same as a JSON array.")
  private boolean json;

  @Option(
      names = "--release",
      paramLabel = "WORKER",
      description =
          "First let this worker out of its quarantine: one that failed three different trials in a"
              + " row gets none for ten minutes, longer each time.")
  private Optional<String> released = Optional.empty();

  WorkersCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CoordinatorClient client = url.client();
    released.ifPresent(client::release);
    List<WorkerView> workers = client.workers();
    if (json) {
      console.out().println(ViewJson.write(workers));
    } else if (workers.isEmpty()) {
      console.err().println("No workers at " + client.url());
    } else {
      console.out().print(table(workers).text(console.width()));
    }
    return CommandLineInterface.OK;
  }

  private static TextTable table(List<WorkerView> workers) {
    List<Column> columns =
        List.of(
            Column.left("worker"),
            Column.left("host"),
            Column.left("device"),
            Column.right("slots"),
            Column.right("free"),
            Column.left("state"),
            Column.left("heard"),
            Column.left("trains"));
    return new TextTable(columns, workers.stream().map(WorkersCommand::row).toList());
  }

  private static String state(WorkerView worker) {
    String state = worker.connected() ? "connected" : "away";
    return worker
        .quarantine()
        .map(
            shut ->
                "%s, quarantined until %s: %s".formatted(state, text(shut.until()), shut.reason()))
        .orElse(state);
  }

  private static String text(Instant time) {
    return TIME.format(time.atZone(ZoneId.systemDefault()));
  }

  private static List<String> row(WorkerView worker) {
    return List.of(
        worker.id().toString(),
        worker.host().orElse("–"),
        worker.device().orElse("–"),
        Integer.toString(worker.slots()),
        Integer.toString(worker.free()),
        state(worker),
        worker.heard().map(WorkersCommand::text).orElse("–"),
        String.join(" ", worker.holding()));
  }
}
