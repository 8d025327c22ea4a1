package io.espalier.deploy.cli;

import io.espalier.coordinator.webhook.Webhook;
import java.net.URI;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Who is told what ends. */
final class WebhookOption {
  private static final String VARIABLE = "ESPALIER_WEBHOOK";

  @Option(
      names = "--webhook",
      paramLabel = "URL",
      description =
          "Posts JSON there when a trial is killed or fails and when a sweep ends (default:"
              + " ESPALIER_WEBHOOK, which other users of this machine do not see).")
  private Optional<String> url = Optional.empty();

  /**
   * @throws io.espalier.common.UserError when it is no address that can be posted to
   */
  Optional<URI> address() {
    return url.or(
            () -> Optional.ofNullable(System.getenv(VARIABLE)).filter(text -> !text.isBlank()))
        .map(Webhook::address);
  }
}
