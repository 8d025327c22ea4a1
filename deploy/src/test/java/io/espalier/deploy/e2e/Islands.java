package io.espalier.deploy.e2e;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Hosts in network namespaces of their own, each with a cable to this one, which can be cut: who is
 * cut off reaches nobody and is reached by nobody. Removed when closed.
 */
final class Islands implements AutoCloseable {
  private static final String BRIDGE = "espbridge";
  private static final String HERE = "10.77.9.254";
  private final int count;

  private Islands(int count) {
    this.count = count;
  }

  static Islands lay(int count) {
    Islands islands = new Islands(count);
    islands.close();
    boolean laid =
        ip("link add %s type bridge", BRIDGE)
            && ip("addr add %s/24 dev %s", HERE, BRIDGE)
            && ip("link set %s up", BRIDGE)
            && IntStream.range(0, count).allMatch(islands::connect);
    if (!laid) {
      islands.close();
      throw new IllegalStateException("network namespaces cannot be connected");
    }
    return islands;
  }

  private boolean connect(int island) {
    String space = space(island);
    return ip("netns add %s", space)
        && ip("link add %s type veth peer name cable netns %s", cable(island), space)
        && ip("link set %s master %s up", cable(island), BRIDGE)
        && ip("-n %s addr add %s/24 dev cable", space, address(island))
        && ip("-n %s link set cable up", space)
        && ip("-n %s link set lo up", space);
  }

  int count() {
    return count;
  }

  /** Of this host, for all of them. */
  String here() {
    return HERE;
  }

  String address(int island) {
    return "10.77.9." + (island + 1);
  }

  /** What a command begins with to run there. */
  List<String> on(int island) {
    return List.of("ip", "netns", "exec", space(island));
  }

  void cut(int island) {
    must(ip("link set %s down", cable(island)));
  }

  void mend(int island) {
    must(ip("link set %s up", cable(island)));
  }

  @Override
  public void close() {
    // A space stays, with its end of the cable, as long as a killed process's socket has something
    // to send: for minutes.
    IntStream.range(0, count).forEach(island -> ip("link del %s", cable(island)));
    IntStream.range(0, count).forEach(island -> ip("netns del %s", space(island)));
    ip("link del %s", BRIDGE);
  }

  private static String space(int island) {
    return "espisland" + island;
  }

  private static String cable(int island) {
    return "espcable" + island;
  }

  private static void must(boolean done) {
    if (!done) {
      throw new AssertionError("the network cannot be changed");
    }
  }

  private static boolean ip(String words, Object... values) {
    return Ip.run(words.formatted(values).split(" "));
  }
}
