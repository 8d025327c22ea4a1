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

      browser.go(cluster.console() + "#/sweeps/watched-1");
      browser.click(".buttons button:nth-child(2)");
      browser.click("dialog button[type=submit]");
      browser.awaitText("h1", "stopped");
      answersBeforeAndAfter(tiny, browser, cluster);

      browser.go(cluster.console() + "#/workers");
      browser.awaitText("table.list", "connected");
      browser.screenshot(PICTURES.resolve("workers.png"));

      browser.go(cluster.console() + "#/sweeps/absent-1");
      browser.awaitText(".problem", "There is no sweep");
      assertThat(browser.complaints()).allMatch(line -> line.contains("absent-1"));
    }
  }

  private static void answersBeforeAndAfter(TinySweep tiny, Browser browser, Cluster cluster) {
    Path examples = Path.of("../examples").toAbsolutePath().normalize();
    Path spec =
        tiny.write(
            "answers.yaml",
            """
            name: answers
            model: %s/models/tiny-qwen2
            dataset: {train: '%s/data/self_cognition.jsonl#12', eval: 0.25, replace: {NAME: 小枝, AUTHOR: 园丁}}
            training: {num_train_epochs: 1, per_device_train_batch_size: 4}
            search: {method: grid, space: {learning_rate: [1e-3]}}
            evaluation: {metrics: [loss, accuracy], max_new_tokens: 8}
            """
                .formatted(examples, examples));
    String sweep = cluster.api().submit(spec);
    browser.go(cluster.console() + "#/sweeps/" + sweep);
    browser.awaitText("h1", "completed");
    browser.click("table.rows a[href$='/trials/0']");
    browser.awaitText("table.answers thead", "base model");
    browser.screenshot(PICTURES.resolve("answers.png"));
  }

  /** What is on the canvas of the first chart. */
  private static String drawn(Browser browser) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> browser.run("return document.querySelector('.chart canvas')") != null);
    return (String) browser.run("return document.querySelector('.chart canvas').toDataURL()");
  }
}
