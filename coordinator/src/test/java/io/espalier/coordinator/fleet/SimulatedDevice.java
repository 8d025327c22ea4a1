package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ProtocolVersion;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Branch.Milestone;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.SimulatedSweep;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;

/**
 * A worker as the protocol has it: what it trained and nobody acknowledged outlives its process,
 * what it trains does not.
 */
final class SimulatedDevice {
  private static final int SLOTS = 2;
  private static final int CHECKPOINT_EVERY = 3;

  private final String name;
  private final Map<Lease.Key, Held> held = new LinkedHashMap<>();
  private int processes;
  private WorkerId id;
  private TestInbox<ToWorker> connection = TestInbox.create();
  private boolean registered;
  private int unanswered;
  private Optional<ToWorker.Prepare> preparing = Optional.empty();

  /** What a lease has come to. */
  private static final class Held {
    private final Lease lease;
    private final long start;

    /** Updates of its rows, of which so many are acknowledged. */
    private final List<Long> rows = new ArrayList<>();

    private int acknowledged;
    private long update;
    private boolean over;
    private Optional<Outcome> stop = Optional.empty();
    private boolean goesOn;
    private Optional<Checkpoint> rested = Optional.empty();
    private final List<TrialResult> results = new ArrayList<>();
    private final Set<TrialId> known = new HashSet<>();
    private final Map<Long, Integer> untold = new LinkedHashMap<>();

    Held(Lease lease) {
      this.lease = lease;
      start = lease.start().map(Checkpoint::update).orElse(0L);
      update = start;
    }

    Checkpoint checkpoint(long at) {
      return new Checkpoint(at, SimulatedSweep.place(lease.key(), at));
    }
  }

  SimulatedDevice(String name) {
    this.name = name;
    id = new WorkerId(name + "-cpu-1");
  }

  /** A row of a lease that is not acknowledged. */
  record Row(Lease.Key lease, int sequence, long update) {}

  TestInbox<ToWorker> connection() {
    return connection;
  }

  boolean holdsNothing() {
    return held.isEmpty();
  }

  /** Another process on the same spool. */
  void crash() {
    id = new WorkerId("%s-cpu-%d".formatted(name, ++processes + 1));
    held.values().removeIf(lease -> !lease.over);
    preparing = Optional.empty();
    reconnect();
  }

  void reconnect() {
    connection = TestInbox.create();
    registered = false;
    unanswered = 0;
  }

  /** What it says every second. */
  List<ToCoordinator> heartbeat() {
    unanswered++;
    if (unanswered > 5) {
      reconnect();
    }
    List<ToCoordinator> said = new ArrayList<>();
    List<Lease.Key> holding = List.copyOf(held.keySet());
    if (!registered) {
      return List.of(
          new ToCoordinator.Register(
              id,
              ProtocolVersion.CURRENT,
              Optional.empty(),
              name,
              "cpu",
              SLOTS,
              holding,
              connection.getRef()));
    }
    held.values().forEach(lease -> said.addAll(reports(lease)));
    preparing.ifPresent(
        task -> said.add(new ToCoordinator.Prepared(id, task.sweep(), Examples.DATASET)));
    preparing = Optional.empty();
    long busy = held.values().stream().filter(lease -> !lease.over).count();
    said.add(new ToCoordinator.Offer(id, SLOTS, (int) Math.max(0, SLOTS - busy), holding));
    return said;
  }

  private List<ToCoordinator> reports(Held lease) {
    List<ToCoordinator> said = new ArrayList<>();
    Lease.Key key = lease.lease.key();
    if (lease.over) {
      said.add(
          new ToCoordinator.BranchEnded(
              id, key, List.copyOf(lease.results), lease.rows.size(), lease.rested));
      return said;
    }
    lease.untold.forEach(
        (update, row) ->
            said.add(new ToCoordinator.CheckpointLeft(id, key, lease.checkpoint(update), row)));
    List<TrialResult> news =
        lease.results.stream().filter(result -> !lease.known.contains(result.trial())).toList();
    if (!news.isEmpty()) {
      said.add(new ToCoordinator.MilestonesReached(id, key, news, lease.rows.size()));
    }
    return said;
  }

  /** The next rows that the coordinator has not acknowledged; some were sent before. */
  List<Row> rows() {
    List<Row> next = new ArrayList<>();
    held.forEach(
        (key, lease) -> {
          for (int row = lease.acknowledged; row < lease.rows.size(); row++) {
            next.add(new Row(key, row + 1, lease.rows.get(row)));
          }
        });
    return next;
  }

  void acknowledged(Lease.Key lease, long rows) {
    Optional.ofNullable(held.get(lease))
        .ifPresent(its -> its.acknowledged = (int) Math.max(its.acknowledged, rows));
  }

  void take(ToWorker message) {
    unanswered = 0;
    if (message instanceof ToWorker.Registered) {
      registered = true;
    } else if (message instanceof ToWorker.Grant grant) {
      held.putIfAbsent(grant.lease().key(), new Held(grant.lease()));
    } else if (message instanceof ToWorker.StopBranch stop) {
      Optional.ofNullable(held.get(stop.lease()))
          .filter(lease -> !lease.over)
          .ifPresent(
              lease -> {
                lease.stop = lease.stop.or(() -> Optional.of(stop.outcome()));
                lease.goesOn |= stop.goesOn();
              });
    } else if (message instanceof ToWorker.MilestonesAcknowledged done) {
      Optional.ofNullable(held.get(done.lease()))
          .ifPresent(lease -> lease.known.addAll(done.trials()));
    } else if (message instanceof ToWorker.CheckpointAcknowledged done) {
      Optional.ofNullable(held.get(done.lease()))
          .ifPresent(lease -> lease.untold.remove(done.update()));
    } else if (message instanceof ToWorker.ResultAcknowledged done) {
      held.remove(done.lease());
    } else if (message instanceof ToWorker.Prepare task) {
      preparing = Optional.of(task);
    }
  }

  /** The host is wanted back: all that trains is given back after its present update. */
  void preempt() {
    held.values().stream()
        .filter(lease -> !lease.over && lease.stop.isEmpty())
        .forEach(
            lease -> {
              lease.stop = Optional.of(new Outcome.Stopped("the worker was stopped"));
              lease.goesOn = true;
            });
  }

  /** One update of each branch that trains. */
  void train() {
    held.values().stream().filter(lease -> !lease.over).limit(SLOTS).forEach(this::train);
  }

  private void train(Held lease) {
    if (lease.stop.isPresent() && !lease.goesOn) {
      end(lease, lease.stop.get());
      return;
    }
    lease.update++;
    lease.rows.add(lease.update);
    List<Milestone> all = lease.lease.branch().milestones();
    all.stream()
        .filter(end -> end.update() == lease.update)
        .forEach(end -> lease.results.add(result(lease, end, new Outcome.Completed())));
    boolean rests = lease.lease.restsAfter(lease.update);
    if (lease.lease.leaves(lease.update)
        || rests
        || lease.goesOn
        || (lease.update - lease.start) % CHECKPOINT_EVERY == 0) {
      lease.untold.put(lease.update, lease.rows.size());
    }
    if (lease.update == lease.lease.branch().updates()) {
      lease.over = true;
    } else if (rests || lease.goesOn) {
      lease.rested = Optional.of(lease.checkpoint(lease.update));
      end(lease, lease.stop.orElse(new Outcome.Stopped("it rests")));
    }
  }

  private static void end(Held lease, Outcome outcome) {
    lease.over = true;
    List<Milestone> all = lease.lease.branch().milestones();
    all.subList(lease.results.size(), all.size())
        .forEach(open -> lease.results.add(result(lease, open, outcome)));
  }

  private static TrialResult result(Held lease, Milestone end, Outcome outcome) {
    return new TrialResult(
        end.trial(),
        outcome,
        lease.update,
        1,
        lease.update,
        lease.update,
        OptionalDouble.empty(),
        Map.of(),
        1,
        Optional.empty(),
        Optional.empty());
  }
}
