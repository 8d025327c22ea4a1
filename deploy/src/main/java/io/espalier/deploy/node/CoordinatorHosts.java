package io.espalier.deploy.node;

import io.espalier.common.UserError;
import io.espalier.coordinator.CoordinatorConfig;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The machines on which a worker looks for its coordinator. Names stay names: they are resolved
 * anew at each attempt to join.
 */
public record CoordinatorHosts(List<Host> hosts) {
  private static final Pattern HOST = Pattern.compile("(\\[[^]]+]|[^:\\s]+)(?::(\\d{1,5}))?");

  public CoordinatorHosts {
    hosts = List.copyOf(hosts);
  }

  /** One of them, with the port of its cluster. */
  public record Host(String name, int port) {
    @Override
    public String toString() {
      return name + ":" + port;
    }
  }

  /**
   * @param texts each {@code host} or {@code host:port}
   * @throws UserError when there is none, or one is not of that form
   */
  public static CoordinatorHosts parse(List<String> texts) {
    if (texts.isEmpty()) {
      throw new UserError(
          "a worker must know where its coordinator is: name it with --coordinator-hosts HOST, as the coordinator's --host names it");
    }
    return new CoordinatorHosts(texts.stream().map(CoordinatorHosts::host).toList());
  }

  private static Host host(String text) {
    Matcher parts = HOST.matcher(text.strip());
    if (!parts.matches()) {
      throw new UserError(
          "--coordinator-hosts: '%s' is no host; expected HOST or HOST:PORT, several with commas between them"
              .formatted(text));
    }
    int port =
        parts.group(2) == null
            ? CoordinatorConfig.CLUSTER_PORT
            : Listening.port("--coordinator-hosts " + text, Integer.parseInt(parts.group(2)));
    return new Host(parts.group(1), port);
  }

  /** As the cluster wants them: {@code host:port}. */
  public List<String> seeds() {
    return hosts.stream().map(Host::toString).toList();
  }

  /**
   * The address of this machine at which the coordinators can reach it: 127.0.0.1 when they all are
   * on loopback, else the one from which the first that has an address is reached.
   *
   * @throws UserError when none of the names has an address yet
   */
  public String localAddress() {
    UnknownHostException unknown = new UnknownHostException("no name");
    boolean loopback = true;
    for (Host host : hosts) {
      try {
        InetAddress address = InetAddress.getByName(host.name());
        if (!address.isLoopbackAddress()) {
          loopback = false;
          return from(new InetSocketAddress(address, host.port()));
        }
      } catch (UnknownHostException e) {
        loopback = false;
        unknown = e;
      }
    }
    if (loopback) {
      return Listening.LOOPBACK;
    }
    throw noAddress(unknown);
  }

  /** Connecting a datagram socket sends nothing; it only picks the route. */
  private static String from(InetSocketAddress coordinator) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(coordinator);
      return socket.getLocalAddress().getHostAddress();
    } catch (IOException e) {
      throw noAddress(e);
    }
  }

  private static UserError noAddress(Exception cause) {
    return new UserError(
        "cannot tell by which address the coordinator reaches this worker (%s); name it with --host"
            .formatted(cause.getMessage()),
        cause);
  }
}
