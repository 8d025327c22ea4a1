package io.espalier.deploy.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Two hosts on this machine: two addresses of its loopback, or two network namespaces with a cable
 * between them, each with a loopback of its own.
 */
interface Hosts extends AutoCloseable {
  /** The coordinator's address. */
  String head();

  /** The worker's address. */
  String worker();

  /** What a command begins with to run on the coordinator's host. */
  List<String> onHead();

  /** What a command begins with to run on the worker's host. */
  List<String> onWorker();

  @Override
  void close();

  /** Two addresses. */
  record OfLoopback() implements Hosts {
    @Override
    public String head() {
      return "127.0.0.2";
    }

    @Override
    public String worker() {
      return "127.0.0.3";
    }

    @Override
    public List<String> onHead() {
      return List.of();
    }

    @Override
    public List<String> onWorker() {
      return List.of();
    }

    @Override
    public void close() {}
  }

  /**
   * Two namespaces; removed when closed.
   *
   * @param name of both, of at most ten characters
   */
  record OfNamespaces(String name) implements Hosts {
    /** Whether this user may make some. */
    static boolean arePossible() {
      OfNamespaces probe = new OfNamespaces("esp-probe");
      try {
        return Ip.run("netns", "add", probe.name());
      } finally {
        Ip.run("netns", "del", probe.name());
      }
    }

    static OfNamespaces lay() {
      OfNamespaces hosts = new OfNamespaces("esp" + ProcessHandle.current().pid());
      String[] spaces = {hosts.name() + "h", hosts.name() + "w"};
      String[] addresses = {hosts.head(), hosts.worker()};
      boolean laid =
          IntStream.range(0, 2).allMatch(i -> Ip.run("netns", "add", spaces[i]))
              && Ip.run(
                  ("link add cable netns %s type veth peer name cable netns %s")
                      .formatted(spaces[0], spaces[1])
                      .split(" "))
              && IntStream.range(0, 2)
                  .allMatch(
                      i ->
                          hosts.in(spaces[i], "addr", "add", addresses[i] + "/24", "dev", "cable")
                              && hosts.in(spaces[i], "link", "set", "cable", "up")
                              && hosts.in(spaces[i], "link", "set", "lo", "up"));
      if (!laid) {
        hosts.close();
        throw new IllegalStateException("two network namespaces cannot be connected");
      }
      return hosts;
    }

    @Override
    public String head() {
      return "10.77.8.1";
    }

    @Override
    public String worker() {
      return "10.77.8.2";
    }

    @Override
    public List<String> onHead() {
      return List.of("ip", "netns", "exec", name + "h");
    }

    @Override
    public List<String> onWorker() {
      return List.of("ip", "netns", "exec", name + "w");
    }

    @Override
    public void close() {
      Ip.run("netns", "del", name + "h");
      Ip.run("netns", "del", name + "w");
    }

    private boolean in(String space, String... words) {
      List<String> all = new ArrayList<>(List.of("-n", space));
      all.addAll(List.of(words));
      return Ip.run(all.toArray(String[]::new));
    }
  }
}
