package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever journal and sweeps have acknowledged is there in their next life, however this one
 * ended.
 */
class AcknowledgedTest {
  /** In all; {@code -Plong} asks for 200. */
  private static final int KILLS = Integer.getInteger("espalier.journal.kills", 8);

  /** What a life says of one sweep; each kill comes after another of these than the one before. */
  private static final int KINDS = 7;

  @TempDir Path folder;

  @Test
  void nothing_acknowledged_is_lost_by_kill_9_right_after() throws Exception {
    // Two stores, because a life keeps one core busy.
    CompletableFuture<Set<String>> one = CompletableFuture.supplyAsync(() -> kills("one"));
    CompletableFuture<Set<String>> other = CompletableFuture.supplyAsync(() -> kills("other"));
    assertThat(one.get()).hasSize(Math.min(KILLS / 2, KINDS));
    assertThat(other.get()).hasSize(Math.min(KILLS / 2, KINDS));
  }

  /** Half of them on one store; the kinds of fact that they came right after. */
  private Set<String> kills(String name) {
    Path store = folder.resolve(name);
    Set<String> acknowledged = new TreeSet<>();
    Set<String> killedAfter = new TreeSet<>();
    List<String> newest = List.of();
    for (int kill = 0; kill < KILLS / 2; kill++) {
      Set<String> said = new LinkedHashSet<>();
      List<String> found = life(store, newest, 1 + kill % KINDS, said);
      assertThat(found).as("after kill %d", kill).containsAll(of(newest, acknowledged));
      killedAfter.add(List.copyOf(said).get(kill % KINDS).replaceFirst("^\\S+ ", ""));
      newest = said.stream().map(AcknowledgedTest::sweep).distinct().toList();
      assertThat(acknowledged).doesNotContainAnyElementsOf(said);
      acknowledged.addAll(said);
    }
    List<String> all = acknowledged.stream().map(AcknowledgedTest::sweep).distinct().toList();
    assertThat(life(store, all, 1, new LinkedHashSet<>())).containsAll(acknowledged);
    return killedAfter;
  }

  private static String sweep(String fact) {
    return fact.split(" ")[0];
  }

  private static List<String> of(List<String> sweeps, Set<String> facts) {
    return facts.stream().filter(fact -> sweeps.contains(sweep(fact))).toList();
  }

  /**
   * Kills a life as soon as it has acknowledged so many facts.
   *
   * @param said gets all that it acknowledged, also while it was being killed
   * @return what it found of the sweeps it was asked about
   */
  private static List<String> life(Path store, List<String> asked, int facts, Set<String> said) {
    Process life = start(store, asked);
    List<String> found = new ArrayList<>();
    try (BufferedReader lines = life.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("there ")) {
          found.add(line.substring("there ".length()));
        } else if (line.startsWith("done ")) {
          said.add(line.substring("done ".length()));
        }
        if (said.size() == facts) {
          // By its handle: what it said before it died can still be read.
          life.toHandle().destroyForcibly();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      life.destroyForcibly();
    }
    life.onExit().join();
    assertThat(said).hasSizeGreaterThanOrEqualTo(facts);
    return found;
  }

  private static Process start(Path store, List<String> asked) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            JournaledLife.class.getName(),
            store.toString());
    try {
      return new ProcessBuilder(Stream.concat(command.stream(), asked.stream()).toList())
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
