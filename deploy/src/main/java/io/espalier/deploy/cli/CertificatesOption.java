package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.tls.NodeCertificates;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** By what nodes know each other. */
final class CertificatesOption {
  @Option(
      names = "--certificates",
      paramLabel = "DIR",
      description =
          "Directory with this node's tls.crt and tls.key and the cluster's ca.crt, in PEM: the"
              + " ports then take only nodes with a certificate of that authority, and HTTP is HTTPS."
              + " Files that change are read again. For trying out: espalier certs.")
  private Optional<Path> directory = Optional.empty();

  @Option(
      names = "--insecure",
      description = "Open the ports beyond this machine to whoever reaches them.")
  private boolean insecure;

  /**
   * @throws UserError naming the file that is missing or cannot be used
   */
  Optional<Path> directory() {
    directory.map(NodeCertificates::in).ifPresent(NodeCertificates::close);
    return directory.map(path -> path.toAbsolutePath().normalize());
  }

  boolean insecure() {
    return insecure;
  }
}
