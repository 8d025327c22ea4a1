package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report's script in a real browser, without a network. */
class HtmlReportInChromiumTest {
  @TempDir Path folder;

  @Test
  void every_chart_is_drawn_on_a_canvas_of_its_own() throws Exception {
    Optional<Path> chromium = onThePath("chromium");
    assumeTrue(chromium.isPresent(), "there is no chromium on the PATH");
    SweepView view = GridViews.sweep();
    TrialCurves curves = GridViews.curves(view);
    int charts = Charts.of(view, curves).charts().size();
    assertThat(charts).isPositive();
    Path page =
        Files.writeString(
            folder.resolve("report.html"),
            new HtmlReport(
                    view, curves, new ReportPlaces("espalier", Optional.empty(), Optional.empty()))
                .html(Optional.empty()));

    String drawn = dom(chromium.get(), page);

    assertThat(drawn.split("<canvas", -1)).as(drawn).hasSize(charts + 1);
  }

  /** The page after its script has run. */
  private String dom(Path chromium, Path page) throws IOException, InterruptedException {
    Path out = folder.resolve("dom.html");
    Process browser =
        new ProcessBuilder(
                chromium.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--user-data-dir=" + folder.resolve("profile"),
                "--dump-dom",
                page.toUri().toString())
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("chromium.log").toFile())
            .start();
    try {
      assertThat(browser.waitFor(2, TimeUnit.MINUTES)).isTrue();
    } finally {
      browser.destroyForcibly();
    }
    assertThat(browser.exitValue()).isZero();
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  private static Optional<Path> onThePath(String command) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(directory -> Path.of(directory, command))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
