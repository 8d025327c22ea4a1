package io.espalier.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

class ConfigOptionTest {
  @TempDir Path directory;

  @Command(name = "worker")
  private static final class Node {
    @Mixin private final ConfigOption config = new ConfigOption();

    @Option(names = "--coordinator-hosts", split = ",")
    private List<String> hosts = List.of();

    @Option(names = "--lanes")
    private int lanes = 2;

    @Option(names = "--insecure")
    private boolean insecure;

    @Option(names = "--silence", hidden = true, converter = DurationText.class)
    private Duration silence = Duration.ofSeconds(20);
  }

  private Node node(String text, String... arguments) throws IOException {
    Path file = Files.writeString(directory.resolve("espalier.conf"), text);
    Node node = new Node();
    new CommandLine(node)
        .parseArgs(
            Stream.concat(Stream.of("--config=" + file), Stream.of(arguments))
                .toArray(String[]::new));
    node.config.fill(new Node());
    return node;
  }

  @Test
  void an_empty_file_changes_nothing() throws IOException {
    Node node = node("");

    assertThat(node.hosts).isEmpty();
    assertThat(node.lanes).isEqualTo(2);
    assertThat(node.insecure).isFalse();
    assertThat(node.silence).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void each_key_sets_the_option_of_its_name() throws IOException {
    Node node =
        node(
            """
            coordinator { host = head }
            worker {
              coordinator-hosts = [head, "spare:9000"]
              lanes = 4
              insecure = true
              silence = 3s
            }
            """);

    assertThat(node.hosts).containsExactly("head", "spare:9000");
    assertThat(node.lanes).isEqualTo(4);
    assertThat(node.insecure).isTrue();
    assertThat(node.silence).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void the_command_line_counts_more() throws IOException {
    Node node = node("worker { lanes = 4, insecure = true }", "--lanes=1");

    assertThat(node.lanes).isEqualTo(1);
    assertThat(node.insecure).isTrue();
  }

  @Test
  void an_unknown_key_is_named_with_its_line_and_the_nearest() {
    assertThatThrownBy(() -> node("worker {\n  lames = 4\n}"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("espalier.conf:2:")
        .hasMessageContaining("worker.lames")
        .hasMessageContaining("did you mean lanes?");
    assertThatThrownBy(() -> node("workers { lanes = 4 }"))
        .hasMessageContaining("espalier.conf:1:")
        .hasMessageContaining("did you mean worker?");
  }

  @Test
  void a_value_of_the_wrong_kind_is_named_with_its_line() {
    assertThatThrownBy(() -> node("worker {\n\n  lanes = many\n}"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("espalier.conf:3: worker.lanes")
        .hasMessageContaining("many");
    assertThatThrownBy(() -> node("worker { silence = -1s }")).hasMessageContaining("20s or 500ms");
    assertThatThrownBy(() -> node("worker { lanes { a = 1 } }")).hasMessageContaining("lanes");
    assertThatThrownBy(() -> node("worker = 4")).hasMessageContaining("worker { … }");
  }

  @Test
  void a_file_that_is_not_there_or_no_hocon_is_told() {
    assertThatThrownBy(() -> node("worker { lanes = ")).isInstanceOf(UserError.class);
    Node node = new Node();
    new CommandLine(node).parseArgs("--config=" + directory.resolve("none.conf"));
    assertThatThrownBy(() -> node.config.fill(new Node()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("none.conf");
  }
}
