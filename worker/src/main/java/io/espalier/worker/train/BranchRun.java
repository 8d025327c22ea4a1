package io.espalier.worker.train;

import ai.djl.ndarray.NDManager;
import io.espalier.common.UserError;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Branch.Milestone;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.worker.data.BatchPlan;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.evaluate.SetEvaluation;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.InitialAdapter;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One branch's way through its updates, on the thread that calls {@link #run}. The base model is
 * shared and stays open; everything else it makes on the device is freed when it returns.
 */
public final class BranchRun {
  private final Lease lease;
  private final BaseModel model;
  private final TokenizedDataset data;
  private final BranchListener listener;
  private final Training training;
  private final BatchPlan plan;
  private final Schedule schedule;
  private final Guards guards;
  private final TrainingRows rows;
  private final Evaluations evaluations;
  private final Optional<EarlyStopping> earlyStopping;
  private final Optional<BestState> best;
  private final Export export;
  private final StepsSpec steps;
  private final Checkpoints checkpoints;
  private final Progress progress = new Progress();
  private final List<TrialResult> results = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Outcome> stop = new CompletableFuture<>();
  private final PeakMemory memory = new PeakMemory();
  private final TrialLog log;
  private final List<ModelCard.Point> curve = new ArrayList<>();
  private long started;

  /**
   * @param decode tokens of a generated answer to text
   */
  public BranchRun(
      Lease lease,
      BaseModel model,
      TokenizedDataset data,
      Function<int[], String> decode,
      BranchListener listener) {
    this.lease = lease;
    this.model = model;
    this.data = data;
    this.listener = listener;
    log = new TrialLog(lease, Clock.systemUTC());
    training = lease.branch().config().training();
    plan = new BatchPlan(data.epochs(lease.settings().dataset()), training);
    rows = new TrainingRows(training, data.train());
    schedule = training.schedule(data.train().size());
    guards = new Guards(lease.settings().guard());
    evaluations =
        new Evaluations(
            new SetEvaluation(lease.settings().evaluation(), endTokens(model, data), decode),
            data.evaluation());
    earlyStopping = lease.settings().earlyStopping().map(EarlyStopping::new);
    best = lease.settings().best().map(BestState::new);
    export = new Export(lease);
    steps = lease.settings().steps().orElse(StepsSpec.NONE);
    checkpoints = new Checkpoints(lease, model, export);
  }

  /**
   * Base models often name another end than the token that their chat template ends a turn with.
   */
  private static List<Integer> endTokens(BaseModel model, TokenizedDataset data) {
    return Stream.concat(model.config().endTokens().stream(), data.endTokens().stream())
        .distinct()
        .toList();
  }

  /**
   * Ends the branch with this outcome before its next update; trials already finished stay so. Safe
   * from any thread; the first call counts.
   */
  public void stop(Outcome outcome) {
    stop.complete(outcome);
  }

  /** Of the trials that have ended, in the milestones' order. Safe from any thread. */
  public List<TrialResult> results() {
    return List.copyOf(results);
  }

  /**
   * Trains the branch to its end.
   *
   * @return one result for each of its trials, in the milestones' order; what went wrong is in
   *     their outcomes, nothing is thrown
   */
  public List<TrialResult> run() {
    started = System.nanoTime();
    log.leased(lease);
    log.origin(data.summary(), provenance());
    Outcome end;
    try {
      Libtorch.prepareThread();
      try (Pack pack = pack()) {
        end = train(pack);
      }
    } catch (UserError e) {
      end = new Outcome.Failed(String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      end = new Outcome.Failed(Failure.sentence(e, progress.updates() + 1));
    }
    List<Milestone> milestones = lease.branch().milestones();
    for (Milestone milestone : milestones.subList(results.size(), milestones.size())) {
      ended(result(milestone, end, Map.of(), Optional.empty()));
    }
    return List.copyOf(results);
  }

  private Pack pack() {
    Rows.check(data, lease.settings().evaluation(), model.config());
    Trainable trainable;
    float[] start;
    if (training.trainType() == TrainType.FULL) {
      trainable = new Trainable.AllWeights(model.layout(), model.config());
      start = new float[0];
    } else if (training.initAdapter().isPresent()) {
      PeftFormat.Adapter begun =
          InitialAdapter.read(training.initAdapter().get(), training.lora(), model.config());
      Training shaped = training.with(begun.layout().lora());
      return new Pack(
          model, new Trainable.Adapter(begun.layout()), List.of(shaped), begun.values());
    } else {
      AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
      trainable = new Trainable.Adapter(layout);
      start =
          AdapterInit.values(layout, training.seed(), () -> model.firstValues(layout.options()));
    }
    return new Pack(model, trainable, List.of(training), start);
  }

  private Outcome train(Pack pack) throws IOException {
    for (long number = 1; number <= lease.branch().updates(); number++) {
      if (stop.isDone()) {
        return stop.join();
      }
      long began = System.nanoTime();
      BatchPlan.Update update = plan.update(number);
      Progress.Batch batch = rows.accumulate(pack, update);
      Pack.Measured measured = pack.measure().get(0);
      Optional<Verdict> verdict = guards.judge(number, measured.loss(), measured.gradNorm());
      Guards.Pace pace = guards.pace(measured.gradNorm());
      double rate = schedule.learningRate(number) * pace.factor();
      if (verdict.isEmpty()) {
        pack.update(new boolean[] {measured.finite()}, new double[] {rate});
        if (measured.finite()) {
          progress.applied(update, batch, measured.lossSum());
        } else {
          log.notApplied(number, measured);
        }
      }
      double seconds = Math.max(1e-9, (System.nanoTime() - began) * 1e-9);
      Measurement.Update made =
          new Measurement.Update(
              measured.loss(), rate, measured.gradNorm(), batch.tokens() / seconds);
      tell(number, made);
      if (verdict.isPresent()) {
        tell(number, kill(verdict.get()));
        return new Outcome.Killed(verdict.get());
      }
      if (pace.lowered().isPresent()) {
        lowered(number, made, pace.lowered().get(), pace.factor());
      }
      Optional<Verdict> enough = evaluate(pack, update, made);
      if (enough.isPresent()) {
        tell(number, kill(enough.get()));
        return new Outcome.EarlyStopped(enough.get());
      }
    }
    return new Outcome.Completed();
  }

  private static Measurement.Kill kill(Verdict verdict) {
    return new Measurement.Kill(verdict.rule(), verdict.value(), verdict.threshold());
  }

  private void lowered(
      long update, Measurement.Update made, GuardSpec.GradientNorm rule, double factor) {
    log.lowered(update, made.gradNorm(), rule.ceiling(), factor);
    tell(
        update,
        new Measurement.Reduction(
            "gradient_norm", made.gradNorm(), rule.ceiling(), made.learningRate()));
  }

  /**
   * Evaluates where that is due or a trial ends; finishes the trials that end here, or all that are
   * left when early stopping says so.
   *
   * @return its verdict, if it ended them
   */
  private Optional<Verdict> evaluate(Pack pack, BatchPlan.Update update, Measurement.Update made)
      throws IOException {
    long number = update.number();
    List<Milestone> ending =
        lease.branch().milestones().stream().filter(end -> end.update() == number).toList();
    if (ending.isEmpty() && !steps.evaluates(number, update.endsEpoch())) {
      if (steps.logs(number)) {
        log.updated(update, progress, made);
      }
      checkpoints.after(number, Map.of(), pack.trainable(), () -> pack.parameters(0));
      return Optional.empty();
    }
    var metrics =
        new TreeMap<>(evaluations.atEpochEnd(pack.state(0), value -> tell(number, value)));
    best.ifPresent(kept -> kept.offer(number, metrics, () -> pack.parameters(0)));
    checkpoints.after(number, metrics, pack.trainable(), () -> pack.parameters(0));
    Optional<Verdict> enough =
        earlyStopping
            .flatMap(rule -> rule.judge(number, metrics))
            .filter(verdict -> number < lease.branch().updates());
    boolean closing = !ending.isEmpty() || enough.isPresent();
    Optional<BestState.Kept> earlier = best.flatMap(kept -> kept.before(number));
    if (closing && earlier.isEmpty()) {
      metrics.putAll(evaluations.beyondEpochEnd(pack.state(0), value -> tell(number, value)));
    }
    log.measured(update, progress, made, metrics);
    curve.add(new ModelCard.Point(number, progress.epochs(), progress.trainLoss(), metrics));
    if (closing) {
      close(pack, ending, enough, earlier, metrics);
    }
    return enough;
  }

  /** Trials that end leave their best state where that is asked for, else the present one. */
  private void close(
      Pack pack,
      List<Milestone> ending,
      Optional<Verdict> enough,
      Optional<BestState.Kept> earlier,
      Map<String, Double> present)
      throws IOException {
    Map<String, Double> metrics = present;
    if (earlier.isPresent()) {
      lease.settings().best().ifPresent(spec -> log.best(earlier.get(), spec.metric()));
      try (NDManager scope = model.newScope()) {
        metrics = evaluations.atTrialEnd(pack.state(scope, 0, earlier.get().weights()));
      }
    }
    float[] weights = earlier.map(BestState.Kept::weights).orElseGet(() -> pack.parameters(0));
    List<Milestone> all = lease.branch().milestones();
    for (Milestone end :
        all.subList(
            results.size(), enough.isPresent() ? all.size() : results.size() + ending.size())) {
      Outcome outcome =
          ending.contains(end)
              ? new Outcome.Completed()
              : new Outcome.EarlyStopped(enough.orElseThrow());
      String place = export.place(end.trial());
      TrialResult result = result(end, outcome, metrics, Optional.of(place));
      String card = ModelCard.text(lease, model, data.summary(), result, curve);
      export.write(end.trial(), model, pack.trainable(), weights, card);
      ended(result);
    }
  }

  private void tell(long update, Measurement measurement) {
    memory.sample();
    listener.measured(
        update, progress.epochs(), progress.samples(), progress.tokens(), measurement);
  }

  private TrialResult result(
      Milestone milestone, Outcome outcome, Map<String, Double> metrics, Optional<String> adapter) {
    return new TrialResult(
        milestone.trial(),
        outcome,
        progress.updates(),
        progress.epochs(),
        progress.samples(),
        progress.tokens(),
        progress.trainLoss(),
        metrics,
        (System.nanoTime() - started) * 1e-9,
        adapter,
        Optional.of(provenance()));
  }

  private void ended(TrialResult result) {
    log.ended(result);
    results.add(result);
  }

  private Provenance provenance() {
    return Origin.of(model, data, memory);
  }
}
