package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.espalier.common.protocol.ClusterSettings;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ProtocolVersion;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.sweep.Examples;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/** A node of its own that speaks the protocol as the test says, and trains nothing. */
final class ScriptedWorker implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final WorkerId id;
  private final ActorSystem<Object> system;
  private final BlockingQueue<ToWorker> received;
  private final List<ToWorker> others = new ArrayList<>();
  private final ActorRef<ToCoordinator> fleet;
  private final ActorRef<ToWorker> self;
  private int slots;

  private ScriptedWorker(
      WorkerId id,
      ActorSystem<Object> system,
      BlockingQueue<ToWorker> received,
      ActorRef<ToCoordinator> fleet) {
    this.id = id;
    this.system = system;
    this.received = received;
    this.fleet = fleet;
    this.self = system.unsafeUpcast();
  }

  static ScriptedWorker join(Address coordinator, WorkerId id) throws Exception {
    BlockingQueue<ToWorker> received = new LinkedBlockingQueue<>();
    var found = new CompletableFuture<ActorRef<ToCoordinator>>();
    ActorSystem<Object> system =
        ActorSystem.create(
            behavior(received, found),
            Node.SYSTEM,
            ConfigFactory.load(
                ConfigFactory.parseMap(
                        Map.of(
                            "pekko.remote.artery.canonical.hostname",
                            "127.0.0.1",
                            "pekko.remote.artery.canonical.port",
                            0,
                            "pekko.cluster.roles",
                            List.of("worker")))
                    .withFallback(ConfigFactory.parseResources("espalier-common.conf"))
                    .withFallback(ConfigFactory.parseResources("espalier-cluster.conf"))));
    Cluster.get(system).manager().tell(Join.create(coordinator));
    return new ScriptedWorker(id, system, received, found.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  private static Behavior<Object> behavior(
      BlockingQueue<ToWorker> received, CompletableFuture<ActorRef<ToCoordinator>> found) {
    return Behaviors.setup(
        context -> {
          context
              .getSystem()
              .receptionist()
              .tell(
                  Receptionist.subscribe(
                      ToCoordinator.FLEET, context.getSelf().<Receptionist.Listing>unsafeUpcast()));
          return Behaviors.receiveMessage(
              message -> {
                if (message instanceof ToWorker toWorker) {
                  received.add(toWorker);
                } else if (message instanceof Receptionist.Listing listing) {
                  listing.getServiceInstances(ToCoordinator.FLEET).forEach(found::complete);
                }
                return Behaviors.same();
              });
        });
  }

  WorkerId id() {
    return id;
  }

  ToWorker.Registered register(int slots, Lease.Key... holding) throws Exception {
    register(ProtocolVersion.CURRENT, slots, holding);
    return expect(ToWorker.Registered.class);
  }

  void register(int protocolVersion, int slots, Lease.Key... holding) {
    this.slots = slots;
    fleet.tell(
        new ToCoordinator.Register(
            id,
            protocolVersion,
            Optional.of(ClusterSettings.of(system.settings().config())),
            "localhost",
            "none",
            slots,
            List.of(holding),
            self));
  }

  void offer(int free, Lease.Key... holding) throws Exception {
    fleet.tell(new ToCoordinator.Offer(id, slots, free, List.of(holding)));
    expect(ToWorker.Heard.class);
  }

  void prepared(SweepId sweep, DatasetSummary summary) {
    fleet.tell(new ToCoordinator.Prepared(id, sweep, summary));
  }

  void preparationFailed(SweepId sweep, String problem) {
    fleet.tell(new ToCoordinator.PreparationFailed(id, sweep, problem, false));
  }

  void cannotPrepare(SweepId sweep, String problem) {
    fleet.tell(new ToCoordinator.PreparationFailed(id, sweep, problem, true));
  }

  void reached(Lease.Key lease, long lastSequence, TrialResult result) {
    fleet.tell(new ToCoordinator.MilestonesReached(id, lease, List.of(result), lastSequence));
  }

  void ended(Lease.Key lease, long lastSequence, TrialResult result) {
    fleet.tell(
        new ToCoordinator.BranchEnded(id, lease, List.of(result), lastSequence, Optional.empty()));
  }

  /** Gives a branch back whose trials have not ended. */
  void rested(Lease lease, long lastSequence, Checkpoint place, Outcome outcome) {
    List<TrialResult> standing =
        lease.branch().milestones().stream()
            .map(end -> Examples.result(end.trial().number(), outcome))
            .toList();
    fleet.tell(
        new ToCoordinator.BranchEnded(id, lease.key(), standing, lastSequence, Optional.of(place)));
  }

  /** The oldest message of this kind that was not expected yet. */
  <T extends ToWorker> T expect(Class<T> type) throws InterruptedException {
    for (Iterator<ToWorker> early = others.iterator(); early.hasNext(); ) {
      ToWorker message = early.next();
      if (type.isInstance(message)) {
        early.remove();
        return type.cast(message);
      }
    }
    while (true) {
      ToWorker message = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(message).as("a " + type.getSimpleName() + " for " + id).isNotNull();
      if (type.isInstance(message)) {
        return type.cast(message);
      }
      others.add(message);
    }
  }

  /** Whether such a message has come. */
  boolean has(Class<? extends ToWorker> type) {
    received.drainTo(others);
    return others.stream().anyMatch(type::isInstance);
  }

  @Override
  public void close() {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }
}
