package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.tls.NodeCertificates;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.access.Tokens;
import io.espalier.coordinator.api.HttpDoor;
import io.espalier.coordinator.journal.EmbeddedJournal;
import io.espalier.coordinator.journal.Journal;
import io.espalier.coordinator.journal.PostgresJournal;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.BudgetChange;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepsActor;
import io.espalier.coordinator.webhook.Webhook;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A coordinator node: journal, cluster and HTTP port, and while it is active the metrics store, the
 * fleet and the sweeps. On a shared journal others stand by; without one a single process may use
 * the store. Owns all it opens; {@link #close} ends it in order.
 */
public final class Coordinator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

  private final CoordinatorConfig config;
  private final Journal journal;
  private final CoordinatorMetrics exposed;
  private final Node node;
  private final HttpDoor http;

  private Coordinator(
      CoordinatorConfig config,
      Journal journal,
      CoordinatorMetrics exposed,
      Node node,
      HttpDoor http) {
    this.config = config;
    this.journal = journal;
    this.exposed = exposed;
    this.node = node;
    this.http = http;
  }

  /**
   * Starts the node. Without others it is active when this returns, and takes up the sweeps that an
   * earlier life left unfinished; on a shared journal it stands by until it is its turn.
   *
   * @throws UserError when the store or the journal cannot be used, or a port is taken
   */
  public static Coordinator start(CoordinatorConfig config) {
    return start(config, new SpecRules(UploadedFiles.in(config.store())));
  }

  static Coordinator start(CoordinatorConfig config, Surroundings.Specs specs) {
    var opened = new Closing();
    try {
      Journal journal = opened.with(journal(config));
      CoordinatorMetrics exposed = opened.with(new CoordinatorMetrics(config.clock()));
      var observers = new ArrayList<Surroundings.Observer>();
      config
          .webhook()
          .map(address -> opened.with(new Webhook(address, sweep -> view(specs, sweep))))
          .ifPresent(observers::add);
      Optional<NodeCertificates> certificates =
          config.security().certificates().map(NodeCertificates::in).map(opened::with);
      Optional<Tokens> tokens = config.security().tokens().map(Tokens::in);
      Node node = opened.with(Node.start(config, journal));
      HttpDoor http =
          opened.with(
              HttpDoor.open(
                  node.system(),
                  config.bind(),
                  config.httpPort(),
                  exposed,
                  node::unready,
                  new FrontDesk(node, journal),
                  new HttpDoor.Lock(certificates, tokens, config.host())));
      String url = url(config, http.port());
      node.serve(config, journal, url, specs, exposed, observers);
      if (!journal.isShared()) {
        await(node.active());
      }
      LOG.debug("coordinator on {}, {}/metrics, store {}", node.address(), url, config.store());
      return new Coordinator(config, journal, exposed, node, http);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static Journal journal(CoordinatorConfig config) {
    return config.shared().isPresent()
        ? PostgresJournal.open(config.shared().get().journal(), config.shared().get().password())
        : EmbeddedJournal.open(config.store());
  }

  private static void await(CompletableFuture<Active> active) {
    try {
      active.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UserError problem) {
        throw problem;
      }
      throw e;
    }
  }

  private static SweepView view(Surroundings.Specs specs, Sweep sweep) {
    try {
      return specs.view(sweep, Optional.of(specs.read(sweep.origin())));
    } catch (UserError unreadable) {
      return specs.view(sweep, Optional.empty());
    }
  }

  /** Host and port where workers join the cluster: {@code 127.0.0.1:8352}. */
  public String clusterAddress() {
    return node.address().getHost().get() + ":" + node.address().getPort().get();
  }

  /** Completes when this coordinator becomes the active one, and so knows its Flight port. */
  public CompletionStage<Void> whenActive() {
    return node.active().thenAccept(active -> {});
  }

  /** Where metric rows come in; only of the active coordinator. */
  public int flightPort() {
    return active().metrics().flightPort();
  }

  /** Where {@code /metrics}, {@code /alive} and {@code /ready} are. */
  public int httpPort() {
    return http.port();
  }

  /** Where clients reach it: {@code http://127.0.0.1:8350}, or with certificates https. */
  public String url() {
    return url(config, http.port());
  }

  private static String url(CoordinatorConfig config, int port) {
    String scheme = config.security().certificates().isPresent() ? "https" : "http";
    return "%s://%s:%d".formatted(scheme, config.host(), port);
  }

  private Active active() {
    return node.current()
        .orElseThrow(() -> new IllegalStateException("this coordinator stands by"));
  }

  public Path store() {
    return config.store();
  }

  /**
   * Begins a sweep for this process alone, which waits for its end: {@link Unfinished#attended}.
   *
   * @param yaml the text {@code spec} was read from
   * @param baseDirectory what its relative paths resolve against
   * @return completes once the sweep is journaled; it goes on after a restart from then on
   */
  public CompletionStage<SweepId> submit(SweepSpec spec, String yaml, Path baseDirectory) {
    String directory = baseDirectory.toAbsolutePath().toString();
    return active()
        .service()
        .begin(spec, new SweepsActor.Submission(yaml, directory, Map.of()), Optional.empty(), true);
  }

  /**
   * A sweep that has not ended.
   *
   * @param attended whether it was begun by {@link #submit} and not over HTTP: when that process
   *     has ended nobody waits for it
   */
  public record Unfinished(SweepId sweep, boolean attended) {}

  /** The sweeps that have not ended, oldest first. */
  public CompletionStage<List<Unfinished>> unfinished() {
    return active().service().unfinished();
  }

  /**
   * How a sweep stands.
   *
   * @return fails with {@link UserError} when there is no such sweep
   */
  public CompletionStage<SweepView> view(SweepId sweep) {
    return active().service().sweep(sweep);
  }

  /**
   * Adds trials to a sweep, also to one that has ended, for this process alone, which waits for its
   * end: {@link Unfinished#attended}.
   *
   * @return completes once they are journaled; fails with {@link UserError} when the values make
   *     none, or when there is no such sweep
   */
  public CompletionStage<SweepView> extend(SweepId sweep, MoreTrials more) {
    return active().service().extend(sweep, more, true);
  }

  /**
   * Changes what a sweep may use, also of one that has ended.
   *
   * @return completes once it is journaled; fails with {@link UserError} when there is no such
   *     sweep
   */
  public CompletionStage<SweepView> changeBudget(SweepId sweep, BudgetChange change) {
    return active().service().changeBudget(sweep, change);
  }

  /**
   * Has trained again what failed or was stopped, also of a sweep that has ended, for this process
   * alone, which waits for its end: {@link Unfinished#attended}.
   *
   * @param trial the only one that is meant; absent for all
   * @return completes once it is journaled; fails with {@link UserError} when there is none
   */
  public CompletionStage<SweepView> retry(SweepId sweep, Optional<TrialId> trial) {
    return active().service().retry(sweep, trial, true);
  }

  /**
   * Ends a sweep: what waits at once, what trains at its next update. Changes nothing when it has
   * ended.
   *
   * @return completes once the wish is journaled; fails with {@link UserError} when there is no
   *     such sweep
   */
  public CompletionStage<SweepView> stop(SweepId sweep) {
    SweepService service = active().service();
    var stop = new SweepInput.Stop(service.stopped(), config.clock().instant());
    return service.all().wish(sweep, stop).thenApply(SweepActor.Change::after);
  }

  /** The newest update of each branch of a sweep that has one, by branch; empty once it ended. */
  public List<LiveUpdate> live(SweepId sweep) {
    return active().service().live(sweep);
  }

  /**
   * Completes when {@link #close} ends the node; fails with {@link UserError} when it ended by
   * itself and can only be closed.
   */
  public CompletionStage<Void> whenEnded() {
    return node.whenEnded();
  }

  /** Ends the node; unfinished sweeps go on when it is started again on the same store. */
  @Override
  public void close() {
    close(node);
  }

  /** The same, quicker, when all workers have ended. */
  public void closeAsLast() {
    close(node::closeAsLast);
  }

  private void close(AutoCloseable member) {
    // The doors close first, so that every row taken is also journaled and stored.
    var all = new Closing();
    all.with(journal);
    all.with(exposed);
    all.with(member);
    node.current().ifPresent(active -> all.with(active.metrics()));
    all.with(http);
    all.close();
  }
}
