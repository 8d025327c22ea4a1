package io.espalier.deploy.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Debian's Chromium without a window. */
final class Browser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Charts follow the window's size a little later. */
  private static final Duration SETTLED = Duration.ofMillis(800);

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Skips the test where there is none. */
  static Browser open(Path profile) {
    Optional<Path> chromium = onThePath("chromium");
    Optional<Path> driver = onThePath("chromedriver");
    assumeTrue(
        chromium.isPresent() && driver.isPresent(),
        "there is no chromium or no chromedriver on the PATH");
    var logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    var options = new ChromeOptions();
    options.setBinary(chromium.get().toFile());
    options.setCapability("goog:loggingPrefs", logs);
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
        "--user-data-dir=" + profile);
    var service =
        new ChromeDriverService.Builder().usingDriverExecutable(driver.get().toFile()).build();
    var opened = new ChromeDriver(service, options);
    opened.manage().window().setSize(new Dimension(1280, 1000));
    return new Browser(opened);
  }

  void go(String address) {
    driver.get(address);
  }

  /** The text of the first element there; waits for it. */
  String text(String css) {
    return await().atMost(PATIENCE).until(() -> present(css), Optional::isPresent).orElseThrow();
  }

  /** Waits until the element says it. */
  void awaitText(String css, String part) {
    await().atMost(PATIENCE).until(() -> present(css).filter(t -> t.contains(part)).isPresent());
  }

  private Optional<String> present(String css) {
    try {
      return driver.findElements(By.cssSelector(css)).stream().map(WebElement::getText).findFirst();
    } catch (StaleElementReferenceException redrawn) {
      return Optional.empty();
    }
  }

  /** Clicks the first element there, also when it is drawn anew meanwhile. */
  void click(String css) {
    await()
        .atMost(PATIENCE)
        .ignoreException(StaleElementReferenceException.class)
        .until(
            () -> {
              List<WebElement> found = driver.findElements(By.cssSelector(css));
              if (!found.isEmpty()) {
                run("arguments[0].scrollIntoView({block: 'center'})", found.get(0));
                found.get(0).click();
              }
              return !found.isEmpty();
            });
  }

  Object run(String script, Object... arguments) {
    return ((JavascriptExecutor) driver).executeScript(script, arguments);
  }

  /** The whole page as a picture. */
  void screenshot(Path file) {
    try {
      Files.createDirectories(file.getParent());
      long height = ((Number) run("return document.documentElement.scrollHeight")).longValue();
      driver.manage().window().setSize(new Dimension(1280, (int) Math.min(height + 150, 6000)));
      // The charts fit themselves to the window.
      run("window.dispatchEvent(new Event('resize'))");
      await().pollDelay(SETTLED).until(() -> true);
      Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
      driver.manage().window().setSize(new Dimension(1280, 1000));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the page's scripts and loading complained of since it was asked last. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  @Override
  public void close() {
    driver.quit();
  }

  private static Optional<Path> onThePath(String command) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(directory -> Path.of(directory, command))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
