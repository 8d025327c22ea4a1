package io.espalier.deploy.node;

import io.espalier.common.UserError;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

/**
 * Where a node listens. Beyond loopback its ports open only when it can tell who comes, or when
 * that is wished for in so many words.
 *
 * @param host the name others reach it by
 * @param bind the address its ports are bound to
 */
public record Listening(String host, String bind) {
  public static final String LOOPBACK = "127.0.0.1";
  private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");

  /**
   * @param allowed whether those who come are known, or anyone who reaches the ports may use them
   * @param opened what is opened, for the message
   * @throws UserError when others could reach it and that is not allowed, or a name is wrong
   */
  public Listening allowedIf(boolean allowed, String opened) {
    if (EVERYWHERE.contains(host)) {
      throw new UserError(
          "--host %s: others cannot reach a node by that. Name the address or host name they use, and listen on all interfaces with --bind %s."
              .formatted(host, host));
    }
    if (!address(bind).isLoopbackAddress() && !allowed) {
      throw new UserError(
          """
          %s can be reached from other machines, and this would open there: %s.
          Say who may come: --certificates DIR (make some with: espalier certs DIR HOST…), and for a \
          coordinator --tokens FILE (with: espalier token NAME --role admin). Where whoever reaches \
          these ports may use them, add --insecure; to stay on this machine, use --host %s."""
              .formatted(bind, opened, LOOPBACK));
    }
    return this;
  }

  private static InetAddress address(String name) {
    try {
      return InetAddress.getByName(name);
    } catch (UnknownHostException e) {
      throw new UserError(
          "a node cannot listen on %s: this machine knows no address for that name; correct it, or name an IP address with --bind"
              .formatted(name),
          e);
    }
  }

  /**
   * @throws UserError when it is no port
   */
  public static int port(String option, int port) {
    if (port < 0 || port > 65_535) {
      throw new UserError(
          "%s is %d; expected a port from 1 to 65535, or 0 for any free one"
              .formatted(option, port));
    }
    return port;
  }
}
