package io.espalier.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.deploy.client.TalkingServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real coordinator is never seen to do. */
class ClientCommandsTest {
  private static final String ADAPTER = "GET /api/v1/sweeps/tiny-1/trials/0/adapter";

  @TempDir Path directory;
  private final TalkingServer server = new TalkingServer();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void an_adapter_that_comes_incomplete_leaves_nothing_behind() throws IOException {
    server.on(ADAPTER, 200, "[{\"name\":\"a\",\"bytes\":1},{\"name\":\"b\",\"bytes\":9}]");
    server.on(ADAPTER + "/a", 200, "1").on(ADAPTER + "/b", 200, "123");

    assertThat(run("fetch", "tiny-1", "0", "--adapter", directory.resolve("new"))).isEqualTo(1);

    assertThat(err()).contains("b came with 3 of its 9 bytes");
    assertThat(inDirectory()).isEmpty();
  }

  @Test
  void a_file_name_that_leaves_the_directory_is_not_written() throws IOException {
    server.on(ADAPTER, 200, "[{\"name\":\"../evil\",\"bytes\":1}]");

    assertThat(run("fetch", "tiny-1", "0", "--adapter", directory.resolve("new"))).isEqualTo(1);

    assertThat(err()).contains("offers a file named '../evil'");
    assertThat(inDirectory()).isEmpty();
  }

  @Test
  void an_adapter_never_overwrites_what_is_there() {
    assertThat(run("fetch", "tiny-1", "0", "--adapter", directory)).isEqualTo(1);

    assertThat(err()).contains("is there already, and nothing is overwritten");
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void a_store_and_an_address_at_once_are_refused() {
    assertThat(run("ls", "--store", directory)).isEqualTo(1);

    assertThat(err()).contains("give one of them");
  }

  @Test
  void datasets_that_are_here_are_sent_once_and_named_by_their_hash() throws IOException {
    Files.writeString(directory.resolve("rows.jsonl"), "abc");
    Path spec =
        Files.writeString(
            directory.resolve("s.yaml"),
            "dataset: {train: rows.jsonl, eval: 0.1, retention: /not/here.jsonl}");
    String hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    server.on("PUT /api/v1/files/" + hash, 201, "");
    server.on("POST /api/v1/sweeps", 201, "{\"sweep\": \"s-1\"}");

    assertThat(run("submit", spec)).as(err()).isZero();

    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("s-1\n");
    assertThat(server.requests())
        .containsExactly(
            "HEAD /api/v1/files/" + hash, "PUT /api/v1/files/" + hash, "POST /api/v1/sweeps");
  }

  private int run(Object... arguments) {
    String[] texts =
        Stream.concat(Stream.of(arguments), Stream.of("--url", server.url()))
            .map(Object::toString)
            .toArray(String[]::new);
    return new CommandLineInterface(stream(out), stream(err)).run(texts);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private Stream<Path> inDirectory() throws IOException {
    return Files.list(directory);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
