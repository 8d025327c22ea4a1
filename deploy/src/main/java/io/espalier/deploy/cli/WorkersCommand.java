package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import io.espalier.coordinator.report.ViewJson;
import io.espalier.coordinator.report.WorkerView;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.deploy.progress.Block;
import io.espalier.deploy.progress.Terminal;
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

  private static final long REDRAW_MILLIS = 1000;
  private static final long PLAIN_MILLIS = 10_000;

  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Option(names = "--json", description = "The same as a JSON array.")
  private boolean json;

  @Option(
      names = "--watch",
      description = "Show them until Ctrl-C, drawn anew each second on a terminal.")
  private boolean watch;

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
    if (watch && json) {
      throw new UserError("--watch is for people and --json for programs: give one of them.");
    }
    if (watch) {
      watch(client);
      return CommandLineInterface.OK;
    }
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

  private void watch(CoordinatorClient client) {
    Terminal terminal = console.terminal();
    var block = new Block(console.out());
    try (Interrupts interrupts = Interrupts.listen()) {
      do {
        List<WorkerView> workers = client.workers();
        String text = tally(workers) + "\n" + table(workers).text(console.width());
        if (terminal.redraws()) {
          Terminal.Size size = terminal.size();
          block.show(
              "",
              text.lines()
                  .limit(Math.max(2, size.rows() - 1))
                  .map(line -> line.substring(0, Math.min(line.length(), size.columns() - 1)))
                  .toList());
        } else {
          console.out().println(text);
        }
      } while (!interrupts.next(terminal.redraws() ? REDRAW_MILLIS : PLAIN_MILLIS));
    }
  }

  private static String tally(List<WorkerView> workers) {
    int slots = workers.stream().mapToInt(WorkerView::slots).sum();
    int free = workers.stream().mapToInt(WorkerView::free).sum();
    return "workers %d, slots in use %d of %d, quarantined %d"
        .formatted(
            workers.size(),
            slots - free,
            slots,
            workers.stream().filter(worker -> worker.quarantine().isPresent()).count());
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
