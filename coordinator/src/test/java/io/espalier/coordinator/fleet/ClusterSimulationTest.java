package io.espalier.coordinator.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.StoreMark;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.spec.SweepSpec;
import io.espalier.coordinator.ManualClock;
import io.espalier.coordinator.Specs;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.SharedPrefixes;
import io.espalier.coordinator.sweep.SimulatedSweep;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepNotice;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.statistics.Statistics;
import org.apache.pekko.actor.testkit.typed.Effect;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A sweep, the fleet's own actor and three workers on a network that loses, doubles and reorders
 * messages, with crashes between any two steps: whatever happens, each trial ends once with all its
 * rows. What happens is a list of numbers, which a failure makes as short as it can.
 */
class ClusterSimulationTest {
  /** Takes the place of the fleet of an earlier life: a kit of its own for each costs too much. */
  private record Life(Behavior<FleetActor.Command> fleet) {}

  private static final BehaviorTestKit<Object> ACTOR =
      BehaviorTestKit.create(Behaviors.intercept(Lives::new, Behaviors.empty()));

  private static final SweepSpec SPEC = Specs.grid("learning_rate", List.of("1e-3"));

  @Property(tries = 10_000)
  void whatever_happens_each_trial_ends_once_with_all_its_rows(
      @ForAll("choices") List<Integer> choices) {
    Simulation simulation = new Simulation(choices);
    simulation.live();
    // Else what it says of moves would be worth nothing.
    Statistics.label("a branch moved")
        .collect(simulation.sweep.moved())
        .coverage(each -> each.check(true).percentage(share -> share > 5));
  }

  @Provide
  Arbitrary<List<Integer>> choices() {
    return Arbitraries.integers()
        .between(0, 9_999)
        .list()
        .ofMaxSize(400)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  /** One sweep, from its submission to its end. */
  private static final class Simulation {
    private final Deque<Integer> choices;
    private final ManualClock clock = new ManualClock();
    private final List<SimulatedDevice> devices =
        Stream.of("ann", "bob", "eve").map(SimulatedDevice::new).toList();
    private final SimulatedSweep sweep;

    /** What is on its way, with what it does when it arrives. */
    private final List<Runnable> network = new ArrayList<>();

    /** What the fleet is told when a connection is gone. */
    private final Map<ActorRef<?>, FleetActor.Command> watched = new HashMap<>();

    private long epoch;
    private TestInbox<SweepActor.Command> inbox;
    private FleetActor.Command look;

    Simulation(List<Integer> choices) {
      this.choices = new ArrayDeque<>(choices);
      int branches = 1 + choose(6);
      long[] updates = new long[branches];
      for (int branch = 0; branch < branches; branch++) {
        updates[branch] = 1 + choose(20);
      }
      sweep =
          new SimulatedSweep(
              choose(2) == 0
                  ? SharedPrefixes.of(Double.MAX_VALUE, updates)
                  : SharedPrefixes.resting(Double.MAX_VALUE, 4, updates),
              SPEC,
              clock);
      begin();
    }

    /** The next choice, 0 when there are no more. */
    private int choose(int below) {
      return choices.isEmpty() ? 0 : choices.remove() % below;
    }

    void live() {
      for (int round = choose(8); round > 0; round--) {
        undisturbed();
      }
      while (!choices.isEmpty()) {
        step(choose(22));
      }
      for (int round = 0; sweep.isUnfinished() || !areIdle(); round++) {
        assertThat(round).as("rounds without a fault").isLessThan(300);
        undisturbed();
      }
      sweep.assertNothingWasLost();
    }

    /** A second in which nothing goes wrong. */
    private void undisturbed() {
      devices.forEach(this::says);
      devices.forEach(SimulatedDevice::train);
      while (!network.isEmpty()) {
        network.remove(0).run();
      }
      tick(1);
    }

    private boolean areIdle() {
      return devices.stream().allMatch(SimulatedDevice::holdsNothing);
    }

    private void step(int kind) {
      SimulatedDevice device = devices.get(choose(devices.size()));
      switch (kind) {
        case 0, 1, 2 -> says(device);
        case 3, 4, 5, 6, 7 -> device.train();
        case 8 -> arriving(message -> {});
        case 9 -> arriving(network::add, network::add);
        case 10 -> tick(choose(12));
        case 11 -> begin();
        case 12 -> leaves(device, device::crash);
        case 13 -> leaves(device, device::reconnect);
        case 14 -> device.preempt();
        default -> arriving(Runnable::run);
      }
    }

    /** Any message of those on their way. */
    @SafeVarargs
    private void arriving(Consumer<Runnable>... with) {
      if (!network.isEmpty()) {
        Runnable message = network.remove(choose(network.size()));
        Stream.of(with).forEach(each -> each.accept(message));
      }
    }

    /** The coordinator hears of it later. */
    private void leaves(SimulatedDevice device, Runnable how) {
      Optional.ofNullable(watched.remove(device.connection().getRef()))
          .ifPresent(gone -> toCoordinator(() -> run(gone)));
      how.run();
    }

    private void toCoordinator(Runnable message) {
      long life = epoch;
      network.add(
          () -> {
            if (life == epoch) {
              message.run();
            }
          });
    }

    /** A new life of the coordinator: whatever the last one had not journaled is gone. */
    private void begin() {
      epoch++;
      watched.clear();
      ACTOR.getAllEffects();
      ACTOR.clearLog();
      ACTOR.run(
          new Life(
              FleetActor.create(
                  new FleetSettings(
                      epoch,
                      new StoreMark("/store", "mark"),
                      "localhost",
                      1,
                      sweep::stored,
                      Duration.ofSeconds(20),
                      Duration.ZERO,
                      clock,
                      counts -> {},
                      (worker, reason, time) -> {}),
                  () -> {},
                  Simulation::keeper)));
      look =
          ACTOR.getAllEffects().stream()
              .filter(Effect.TimerScheduled.class::isInstance)
              .map(effect -> (FleetActor.Command) ((Effect.TimerScheduled<?>) effect).msg())
              .findFirst()
              .orElseThrow();
      inbox = TestInbox.create();
      ACTOR.selfInbox().getAllReceived().forEach(ACTOR::run);
      ACTOR.run(new FleetActor.FromSweep(new SweepNotice.Recovering(List.of(Examples.SWEEP))));
      run(new FleetActor.FromSweep(sweep.crash(inbox.getRef())));
    }

    /** Nothing fails here, so there is nothing to keep. */
    private static Behavior<QuarantineActor.Command> keeper(Consumer<Quarantine> known) {
      return Behaviors.setup(
          context -> {
            known.accept(Quarantine.EMPTY);
            return Behaviors.ignore();
          });
    }

    /** Lets the coordinator do all that follows from a message, unless it crashes on the way. */
    private void run(FleetActor.Command command) {
      Deque<FleetActor.Command> next = new ArrayDeque<>(List.of(command));
      while (!next.isEmpty()) {
        ACTOR.run(next.remove());
        ACTOR.getAllEffects().forEach(this::watches);
        for (SweepActor.Command told : inbox.getAllReceived()) {
          sweep.take(told);
          if (choose(400) == 399) {
            begin();
            return;
          }
        }
        sweep.notices().forEach(notice -> next.add(new FleetActor.FromSweep(notice)));
      }
      devices.forEach(this::collect);
    }

    private void watches(Effect effect) {
      if (effect instanceof Effect.WatchedWith<?, ?> watch) {
        watched.put(watch.other(), (FleetActor.Command) watch.message());
      }
    }

    private void tick(int seconds) {
      for (int second = 0; second < seconds; second++) {
        clock.advance(Duration.ofSeconds(1));
        run(look);
      }
    }

    /** A device's messages and rows go on their way. */
    private void says(SimulatedDevice device) {
      for (ToCoordinator message : device.heartbeat()) {
        toCoordinator(() -> run(new FleetActor.FromWorker(message)));
      }
      for (SimulatedDevice.Row row : device.rows()) {
        network.add(() -> store(device, row));
      }
    }

    /** Rows of attempts that do not count are acknowledged and forgotten. */
    private void store(SimulatedDevice device, SimulatedDevice.Row row) {
      Lease.Key lease = row.lease();
      if (!sweep.isCurrent(lease)) {
        device.acknowledged(lease, row.sequence());
        return;
      }
      if (row.sequence() == sweep.stored(lease) + 1) {
        sweep.store(lease, row.update());
        long life = epoch;
        // What one life still had to say, the next does not hear.
        sweep.notices().stream()
            .takeWhile(notice -> life == epoch)
            .forEach(notice -> run(new FleetActor.FromSweep(notice)));
      }
      long stored = sweep.stored(lease);
      network.add(() -> device.acknowledged(lease, stored));
    }

    private void collect(SimulatedDevice device) {
      TestInbox<ToWorker> connection = device.connection();
      for (ToWorker message : connection.getAllReceived()) {
        network.add(
            () -> {
              if (device.connection() == connection) {
                device.take(message);
              }
            });
      }
    }
  }

  private static final class Lives extends BehaviorInterceptor<Object, Object> {
    Lives() {
      super(Object.class);
    }

    @Override
    public Behavior<Object> aroundReceive(
        TypedActorContext<Object> context, Object message, ReceiveTarget<Object> target) {
      if (message instanceof Life next) {
        ActorContext<Object> around = context.asJava();
        around.getChildren().forEach(around::stop);
        return next.fleet().unsafeCast();
      }
      return target.apply(context, message);
    }
  }
}
