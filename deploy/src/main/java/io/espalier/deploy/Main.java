package io.espalier.deploy;

import io.espalier.deploy.cli.CommandLineInterface;
import io.espalier.deploy.cli.StandardStream;
import java.io.FileDescriptor;

/** Where the launcher enters. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    var out = new StandardStream(FileDescriptor.out);
    var err = new StandardStream(FileDescriptor.err);
    int exitCode = new CommandLineInterface(out, err).run(arguments);
    out.flush();
    err.flush();
    System.exit(exitCode);
  }
}
