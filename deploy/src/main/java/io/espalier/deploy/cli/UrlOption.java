package io.espalier.deploy.cli;

import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.deploy.client.CoordinatorClient;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which coordinator is asked. */
final class UrlOption {
  static final String VARIABLE = "ESPALIER_URL";
  static final String HERE = "http://127.0.0.1:" + CoordinatorConfig.HTTP_PORT;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "The coordinator's address, or those of several with commas between them (default:"
              + " ESPALIER_URL, else "
              + UrlOption.HERE
              + ").")
  private Optional<String> url = Optional.empty();

  CoordinatorClient client() {
    return CoordinatorClient.at(named().orElse(HERE));
  }

  /** What the user named, as an option or in the environment. */
  Optional<String> named() {
    return url.or(UrlOption::fromEnvironment);
  }

  /** What a proposed command needs to ask the same coordinator, with a blank before it. */
  String flags() {
    return url.isEmpty() && fromEnvironment().isPresent() ? "" : " --url " + url.orElse(HERE);
  }

  static Optional<String> fromEnvironment() {
    return Optional.ofNullable(System.getenv(VARIABLE)).filter(text -> !text.isBlank());
  }
}
