package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the README's section on a cluster, its two hosts being two addresses here. */
class TwoHostsIT {
  private static final String HEAD = "127.0.0.2";
  private static final String WORKER = "127.0.0.3";
  private static final Duration A_MINUTE = Duration.ofMinutes(1);

  @TempDir Path directory;

  @Test
  void the_commands_of_the_readme_run_a_sweep_on_a_cluster_of_two_hosts() throws IOException {
    TinySweep.in(directory).grid("self-cognition", "1e-3, 1e-4");
    List<List<String>> commands = commands();
    try (Launcher.Running coordinator = start(commands.get(0));
        Launcher.Running worker = start(commands.get(1))) {
      Api api = new Api(URI.create("http://" + HEAD + ":8350"));
      await()
          .atMost(A_MINUTE)
          .until(
              () ->
                  !coordinator.alive()
                      || !worker.alive()
                      || (api.ready() && !api.workers().isEmpty()));
      assertThat(coordinator.alive()).as(coordinator.err()).isTrue();
      assertThat(worker.alive()).as(worker.err()).isTrue();

      var out = new StringBuilder();
      for (List<String> command : commands.subList(2, commands.size())) {
        Launcher.Ended ended = InProcess.run(command.toArray());
        assertThat(ended.exitCode()).as(command + ended.err() + ended.out()).isZero();
        out.append(ended.out());
      }
      assertThat(out)
          .contains(WORKER)
          .contains("self-cognition-1: completed; 2 trials")
          .contains("1e-4");
    }
    assertThat(directory.resolve("report.html")).isNotEmptyFile();
    assertThat(directory.resolve("best-adapter/adapter_model.safetensors")).isNotEmptyFile();
  }

  private Launcher.Running start(List<String> command) {
    return Launcher.start(directory, command.toArray(String[]::new));
  }

  /** As the README has them, but for the names of hosts, files and the trial. */
  private List<List<String>> commands() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
    String section = readme.substring(readme.indexOf("## A cluster"));
    var commands = new ArrayList<List<String>>();
    for (String line : section.substring(0, section.indexOf("\n- ")).lines().toList()) {
      if (line.startsWith("./espalier ")) {
        commands.add(command(line.substring("./espalier ".length())));
      }
    }
    assertThat(section).contains("export ESPALIER_URL=http://head:8350");
    return commands;
  }

  private List<String> command(String line) {
    String here =
        line.replace(" head ", " " + HEAD + " ")
            .replace(" gpu1 ", " " + WORKER + " ")
            .replace("/shared/espalier", directory.resolve("shared").toString())
            .replace("/var/tmp/espalier", directory.resolve("spool").toString())
            .replace("examples/", directory + "/")
            .replace("report.html", directory.resolve("report.html").toString())
            .replace("best-adapter", directory.resolve("best-adapter").toString())
            .replace("-1 6 ", "-1 0 ");
    var words = new ArrayList<>(List.of(here.split(" ")));
    if (!words.get(0).equals("coordinator") && !words.get(0).equals("worker")) {
      words.add("--url=http://" + HEAD + ":8350");
    }
    return words;
  }
}
