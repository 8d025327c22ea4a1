package io.espalier.coordinator;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.journal.EmbeddedJournal;
import io.espalier.coordinator.journal.Journal;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.sweep.Examples;
import io.espalier.coordinator.sweep.Rating;
import io.espalier.coordinator.sweep.Reported;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepNotice;
import io.espalier.coordinator.sweep.SweepsActor;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A coordinator's journal and sweeps as a process of their own, which waits to be killed. Says what
 * it finds of the sweeps it is asked about, {@code there <fact>}; then works on new ones and says
 * each fact when it is acknowledged, {@code done <fact>}.
 */
final class JournaledLife {
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final String METRIC = "human_pass_rate";
  private static final String YAML =
      """
      name: kept
      model: model
      dataset: {train: train.jsonl}
      search: {space: {learning_rate: [1e-3, 1e-4, 1e-5, 1e-6]}}
      """;

  private final BlockingQueue<SweepNotice> notices = new LinkedBlockingQueue<>();
  private final ActorSystem<Void> system;
  private final CompletableFuture<ActorRef<SweepsActor.Command>> sweeps = new CompletableFuture<>();
  private final long epoch;

  private JournaledLife(Path store, Journal journal) {
    epoch = journal.begin("").orElseThrow().epoch();
    Config config =
        ConfigFactory.load(
            ConfigFactory.parseMap(Map.of("pekko.actor.provider", "local"))
                .withFallback(journal.settings())
                .withFallback(ConfigFactory.parseResourcesAnySyntax("espalier-coordinator.conf")));
    system =
        ActorSystem.create(
            Behaviors.setup(
                context -> {
                  ActorRef<SweepNotice> fleet =
                      context.spawn(
                          Behaviors.receiveMessage(
                              notice -> {
                                notices.add(notice);
                                return Behaviors.same();
                              }),
                          "fleet");
                  sweeps.complete(
                      context.spawn(SweepsActor.create(around(store, fleet)), "sweeps"));
                  return Behaviors.empty();
                }),
            "life",
            config);
  }

  private static Surroundings around(Path store, ActorRef<SweepNotice> fleet) {
    return new Surroundings(
        store,
        Clock.systemUTC(),
        new SpecRules(UploadedFiles.in(store)),
        (lease, sequence) -> CompletableFuture.completedStage(null),
        new Unobserved(),
        fleet,
        Duration.ofMinutes(1),
        () -> true);
  }

  /**
   * @param arguments the store, then the sweeps to tell about
   */
  public static void main(String[] arguments) throws Exception {
    Path store = Path.of(arguments[0]);
    JournaledLife life = new JournaledLife(store, EmbeddedJournal.open(store));
    List<String> asked = List.of(arguments).subList(1, arguments.length);
    SweepsActor.State state = life.ask(life.sweeps.join(), SweepsActor.AskAll::new);
    try {
      for (SweepId sweep : state.all()) {
        if (asked.contains(sweep.value())) {
          life.facts(sweep).forEach(fact -> System.out.println("there " + fact));
        }
      }
      for (SweepId open : state.open()) {
        // Its workers are gone and no fleet says so: it would be taken up by every life to come.
        ActorRef<SweepActor.Command> sweep = life.actor(open);
        sweep.tell(
            new SweepActor.Tell(new SweepInput.Unreadable("its life is over", Examples.NOW)));
        // Answered after that; one that was numbered and never submitted has nothing to end.
        life.change(sweep, new SweepInput.Stop("its life is over", Examples.NOW));
      }
      while (true) {
        life.sweep();
      }
    } finally {
      Runtime.getRuntime().halt(1);
    }
  }

  private List<String> facts(SweepId id) throws Exception {
    Optional<SweepView> found = ask(actor(id), SweepActor.AskView::new);
    List<String> facts = new ArrayList<>();
    if (found.isEmpty()) {
      return facts;
    }
    facts.add(id + " submitted");
    for (TrialView trial : found.get().trials()) {
      String name = id + " " + trial.config().id();
      if (trial.worker().isPresent() || trial.result().isPresent()) {
        facts.add(name + " leased");
      }
      trial.result().ifPresent(result -> facts.add(name + " " + result.outcome().word()));
      if (trial.result().filter(result -> result.metrics().containsKey(METRIC)).isPresent()) {
        facts.add(name + " rated");
      }
    }
    if (found.get().state() == SweepView.State.STOPPED) {
      facts.add(id + " stopped");
    }
    return facts;
  }

  /** One sweep from its submission to its stop. */
  private void sweep() throws Exception {
    SweepsActor.Submission submission = new SweepsActor.Submission(YAML, "/nowhere", Map.of());
    SweepId id =
        ask(
            sweeps.join(),
            replyTo ->
                new SweepsActor.Submit(
                    "kept", submission, Optional.empty(), false, Optional.empty(), replyTo));
    done(id + " submitted");
    ActorRef<SweepActor.Command> sweep = actor(id);
    work(sweep, id);
    sweep.tell(
        new SweepActor.Tell(new SweepInput.Prepared(Examples.ANN, Examples.DATASET, Examples.NOW)));
    List<Lease> leases = work(sweep, id).leases();
    for (Lease lease : leases) {
      done("%s %s leased".formatted(id, lease.branch().config().id()));
    }
    Lease.Key first = leases.get(0).key();
    sweep.tell(
        new SweepActor.FromWorker(
            new Reported.Ended(
                new ToCoordinator.BranchEnded(
                    Examples.ANN,
                    first,
                    List.of(Examples.result(0, new Outcome.Completed())),
                    1,
                    Optional.empty()))));
    await(new SweepNotice.Settled(Examples.ANN, first));
    done(id + " 0 completed");
    wish(sweep, new SweepInput.Rate(new TrialId(0), new Rating(METRIC, 0.5, 2), Examples.NOW));
    done(id + " 0 rated");
    wish(sweep, new SweepInput.StopTrial(new TrialId(3), "enough", Examples.NOW));
    done(id + " 3 stopped");
    wish(sweep, new SweepInput.Stop("enough", Examples.NOW));
    Lease.Key second = leases.get(1).key();
    sweep.tell(
        new SweepActor.FromWorker(
            new Reported.Ended(
                new ToCoordinator.BranchEnded(
                    Examples.ANN,
                    second,
                    List.of(Examples.result(1, new Outcome.Stopped("enough"))),
                    1,
                    Optional.empty()))));
    await(new SweepNotice.Settled(Examples.ANN, second));
    done(id + " stopped");
  }

  private static void done(String fact) {
    System.out.println("done " + fact);
    if (System.out.checkError()) {
      throw new IllegalStateException("nobody listens any more");
    }
  }

  /** What a worker with two free slots is given. */
  private SweepNotice.Work work(ActorRef<SweepActor.Command> sweep, SweepId id) throws Exception {
    sweep.tell(
        new SweepActor.Tell(
            new SweepInput.Ask(Examples.ANN, Examples.room(2), epoch, Examples.NOW)));
    while (true) {
      if (next() instanceof SweepNotice.Work work && work.sweep().equals(id)) {
        return work;
      }
    }
  }

  private void await(SweepNotice expected) throws Exception {
    while (!next().equals(expected)) {}
  }

  private SweepNotice next() throws InterruptedException {
    return Optional.ofNullable(notices.poll(ANSWER.toSeconds(), TimeUnit.SECONDS)).orElseThrow();
  }

  private ActorRef<SweepActor.Command> actor(SweepId id) throws Exception {
    Optional<ActorRef<SweepActor.Command>> found =
        ask(sweeps.join(), replyTo -> new SweepsActor.Find(id, replyTo));
    return found.orElseThrow();
  }

  private void wish(ActorRef<SweepActor.Command> sweep, SweepInput.Wish wish) throws Exception {
    if (change(sweep, wish).isEmpty()) {
      throw new IllegalStateException("a sweep that was submitted does not know it");
    }
  }

  private Optional<SweepActor.Change> change(
      ActorRef<SweepActor.Command> sweep, SweepInput.Wish wish) throws Exception {
    return ask(sweep, replyTo -> new SweepActor.Wish(wish, Optional.empty(), replyTo));
  }

  private <C, T> T ask(ActorRef<C> actor, Function<ActorRef<T>, C> question) throws Exception {
    return AskPattern.<C, T>ask(actor, question::apply, ANSWER, system.scheduler())
        .toCompletableFuture()
        .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
  }
}
