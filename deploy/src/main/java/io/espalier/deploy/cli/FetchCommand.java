package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.deploy.client.CoordinatorClient.AdapterFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "fetch",
    mixinStandardHelpOptions = true,
    description = "Copies a trial's adapter, in PEFT's layout, from its coordinator.")
final class FetchCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(index = "1", paramLabel = "TRIAL", description = "The trial's number.")
  private int trial;

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "DIR",
      description = "The directory to make; it must not be there yet.")
  private Path directory = Path.of("");

  FetchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path target = directory.toAbsolutePath().normalize();
    if (Files.exists(target)) {
      throw new UserError(
          "%s is there already, and nothing is overwritten: name another directory with --adapter."
              .formatted(directory));
    }
    CoordinatorClient client = url.client();
    List<AdapterFile> files = client.adapter(sweep, trial);
    try {
      fetch(client, files, target);
    } catch (IOException e) {
      throw new UserError(
          "The adapter cannot be written to %s: %s".formatted(directory, FileProblem.text(e)), e);
    }
    console.out().println(directory);
    return CommandLineInterface.OK;
  }

  /** Into a directory beside it first: what has the name asked for is always whole. */
  private void fetch(CoordinatorClient client, List<AdapterFile> files, Path target)
      throws IOException {
    Files.createDirectories(target.resolveSibling(""));
    Path partial =
        Files.createDirectory(
            target.resolveSibling(".%s-%s".formatted(target.getFileName(), UUID.randomUUID())));
    try {
      for (AdapterFile file : files) {
        fetch(client, file, partial);
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(partial);
    }
  }

  private void fetch(CoordinatorClient client, AdapterFile file, Path partial) throws IOException {
    Path path = partial.resolve(file.name()).normalize();
    if (!partial.equals(path.getParent())) {
      throw new UserError(
          "%s offers a file named '%s', which is not written; see whether the address is right."
              .formatted(client.url(), file.name()));
    }
    try (OutputStream out = Files.newOutputStream(path)) {
      client.adapterFile(sweep, trial, file.name(), out);
    }
    if (Files.size(path) != file.bytes()) {
      throw new UserError(
          "%s came with %d of its %d bytes; nothing is kept, try again."
              .formatted(file.name(), Files.size(path), file.bytes()));
    }
  }

  private static void delete(Path partial) throws IOException {
    if (!Files.exists(partial)) {
      return;
    }
    try (Stream<Path> files = Files.walk(partial)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
