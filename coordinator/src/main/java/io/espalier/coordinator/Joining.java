package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.coordinator.journal.Journal;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a coordinator comes into its cluster: it joins the others, or forms the cluster where there
 * is none. Which of several does is the journal's to say, so that no host has to be there first.
 */
final class Joining {
  private static final Logger log = LoggerFactory.getLogger(Joining.class);

  /** So long others are asked before a cluster is formed without them. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final Journal journal;
  private volatile Cancellable tries = Cancellable.alreadyCancelled();

  private Joining(ActorSystem<?> system, Journal journal) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.journal = journal;
  }

  /**
   * Begins it; returns before it has joined.
   *
   * @param hosts of all coordinators, {@code host:port}; empty where there is only this one
   */
  static void begin(ActorSystem<?> system, List<String> hosts, Journal journal) {
    new Joining(system, journal).begin(hosts);
  }

  private void begin(List<String> hosts) {
    Address own = cluster.selfMember().address();
    List<Address> others =
        hosts.stream()
            .map(host -> AddressFromURIString.parse("pekko://%s@%s".formatted(system.name(), host)))
            .filter(host -> !host.equals(own))
            .toList();
    if (others.isEmpty()) {
      cluster.manager().tell(Join.create(own));
      return;
    }
    cluster.manager().tell(new JoinSeedNodes(others));
    tries =
        system
            .scheduler()
            .scheduleWithFixedDelay(
                PATIENCE,
                BETWEEN_TRIES,
                this::formIfAlone,
                system.dispatchers().lookup(DispatcherSelector.blocking()));
  }

  private void formIfAlone() {
    if (!cluster.selfMember().status().equals(MemberStatus.removed())) {
      tries.cancel();
      return;
    }
    try {
      if (journal.mayFormCluster()) {
        log.info("no other coordinator is there: this one forms the cluster");
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
      }
    } catch (UserError e) {
      log.warn("whether there is a cluster cannot be known: {}", e.getMessage());
    }
  }
}
