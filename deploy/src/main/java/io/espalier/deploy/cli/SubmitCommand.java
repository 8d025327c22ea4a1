package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.spec.UnreadSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.deploy.client.CoordinatorClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "submit",
    mixinStandardHelpOptions = true,
    description = {
      "Gives a sweep to a coordinator and writes its name.",
      "Datasets that are files here, up to 64 MiB each, are sent along; larger ones and the model"
          + " must be where the spec says on the workers' machines."
    })
final class SubmitCommand implements Callable<Integer> {
  private static final long LARGEST_UPLOAD = 64L << 20;

  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(paramLabel = "SPEC", description = "The sweep's YAML file.")
  private Path file = Path.of("");

  @Option(
      names = "--wait",
      description = "Show its progress and end with its table; exits like run.")
  private boolean wait;

  @Option(
      names = "--no-upload",
      description = "Send no datasets: the workers find them where the spec says.")
  private boolean noUpload;

  @Option(names = "--plain", description = "With --wait: plain lines even on a terminal.")
  private boolean plain;

  SubmitCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    UnreadSpec spec = UnreadSpec.load(file);
    Path directory = file.toAbsolutePath().resolveSibling("").normalize();
    CoordinatorClient client = url.client();
    Map<String, String> uploaded = noUpload ? Map.of() : upload(client, spec, directory);
    SweepId sweep =
        client.submit(
            new CoordinatorClient.Submission(
                spec.yaml(), file.toString(), directory.toString(), uploaded),
            UUID.randomUUID().toString());
    if (!wait) {
      console.out().println(sweep);
      return CommandLineInterface.OK;
    }
    console.err().printf("%s is submitted to %s%n", sweep, client.url());
    return new Following(console, client, plain).tell(sweep.value(), url.flags());
  }

  /** Returns the hashes of what the coordinator has now, by path as written. */
  private Map<String, String> upload(CoordinatorClient client, UnreadSpec spec, Path directory) {
    var uploaded = new LinkedHashMap<String, String>();
    for (String written : spec.datasets()) {
      Path dataset = directory.resolve(written);
      try {
        if (!Files.isRegularFile(dataset)) {
          continue;
        }
        if (Files.size(dataset) > LARGEST_UPLOAD) {
          console
              .err()
              .printf(
                  "%s is larger than 64 MiB and not sent: the workers must find it at that path%n",
                  dataset);
          continue;
        }
        String sha256 = sha256(dataset);
        if (!client.hasFile(sha256)) {
          client.upload(sha256, dataset);
        }
        uploaded.put(written, sha256);
      } catch (IOException e) {
        throw new UserError("%s cannot be read: %s".formatted(dataset, FileProblem.text(e)), e);
      }
    }
    return uploaded;
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
