package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console's page in a real browser, while a real worker trains. */
class ConsoleIT {
  private static final Path PICTURES = Path.of("target", "console");

  @TempDir Path directory;

  @Test
  void one_watches_curves_grow_sees_a_kill_and_stops_a_trial() {
    TinySweep tiny = TinySweep.in(directory);
    try (Browser browser = Browser.open(directory.resolve("profile"));
        Cluster cluster = Cluster.start(directory)) {
      cluster.startWorker("a");
      browser.go(cluster.console());
      browser.awaitText("main", "There is no sweep yet");
      Path spec = tiny.longGrid("watched", "10, 1e-3, 2e-3, 3e-3", 4000);
      assertThat(cluster.api().submit(spec)).isEqualTo("watched-1");

      browser.click("a[href='#/sweeps/watched-1']");
      browser.awaitText("#connection", "live");
      browser.awaitText(".kills", "trial 0 killed at update");
      browser.awaitText("table.rows tr.running", "1");
      String early = drawn(browser);
      await().atMost(Duration.ofSeconds(30)).until(() -> !drawn(browser).equals(early));

      browser.click("button[aria-label='stop trial 1']");
      browser.click("dialog button[type=submit]");
      browser.awaitText(".kills", "trial 1 stopped at update");
      browser.awaitText(".pills", "1 stopped");
      browser.awaitText("table.rows tr.running", "2");
      browser.screenshot(PICTURES.resolve("sweep.png"));

      browser.click("table.rows a[href='#/sweeps/watched-1/trials/2']");
      browser.awaitText("h1", "Trial 2");
      browser.awaitText(".values", "per_device_train_batch_size");
      browser.screenshot(PICTURES.resolve("trial.png"));

      browser.go(cluster.console() + "#/workers");
      browser.awaitText("table.list", "watched-1/");
      browser.screenshot(PICTURES.resolve("workers.png"));

      browser.go(cluster.console() + "#/sweeps/absent-1");
      browser.awaitText(".problem", "There is no sweep");
      assertThat(browser.complaints()).allMatch(line -> line.contains("absent-1"));
    }
  }

  /** What is on the canvas of the first chart. */
  private static String drawn(Browser browser) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> browser.run("return document.querySelector('.chart canvas')") != null);
    return (String) browser.run("return document.querySelector('.chart canvas').toDataURL()");
  }
}
