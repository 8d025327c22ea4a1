package io.espalier.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StandardStreamTest {
  /** Closes its input, says so, and stays. */
  private static Process readingNothing() throws IOException {
    Process process = new ProcessBuilder("sh", "-c", "exec <&-; echo; exec sleep 60").start();
    assertThat(process.getInputStream().read()).isPositive();
    return process;
  }

  @Test
  void a_reader_that_has_stopped_is_told_from_a_disk_that_is_full() throws IOException {
    Process process = readingNothing();
    try (var unread = new StandardStream(process.getOutputStream());
        var full = new StandardStream(new FileOutputStream("/dev/full"))) {
      unread.println("a line");
      full.println("a line");
      assertThat(unread.checkError()).isTrue();
      assertThat(unread.isNoLongerRead()).isTrue();
      assertThat(full.checkError()).isTrue();
      assertThat(full.isNoLongerRead()).isFalse();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void a_command_ends_without_a_word_where_nobody_reads_and_says_that_the_disk_is_full()
      throws IOException {
    Process process = readingNothing();
    var said = new ByteArrayOutputStream();
    var err = new PrintStream(said, true, StandardCharsets.UTF_8);
    try (var unread = new StandardStream(process.getOutputStream());
        var full = new StandardStream(new FileOutputStream("/dev/full"))) {
      assertThat(new CommandLineInterface(unread, err).run("--help"))
          .isEqualTo(CommandLineInterface.NOT_READ);
      assertThat(said.size()).isZero();
      assertThat(new CommandLineInterface(full, err).run("--help"))
          .isEqualTo(CommandLineInterface.FAILED);
      assertThat(said.toString(StandardCharsets.UTF_8)).contains("disk full");
    } finally {
      process.destroyForcibly();
    }
  }
}
