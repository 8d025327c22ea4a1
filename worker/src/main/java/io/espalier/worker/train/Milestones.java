package io.espalier.worker.train;

import ai.djl.ndarray.NDManager;
import io.espalier.common.guard.Guards;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Branch.Milestone;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.worker.checkpoint.BranchState;
import io.espalier.worker.checkpoint.Standing;
import io.espalier.worker.data.BatchPlan;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.evaluate.RowValues;
import io.espalier.worker.evaluate.SetEvaluation;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The ends of a branch's trials: evaluates where an epoch or a trial ends, and exports and reports
 * each trial as its milestone is reached or the branch ends.
 */
final class Milestones {
  private final Lease lease;
  private final BaseModel model;
  private final TokenizedDataset data;
  private final Progress progress;
  private final TrialLog log;
  private final Consumer<Measurement> tell;
  private final Consumer<Duration> evaluated;
  private final Evaluations evaluations;
  private final Guards guards;
  private final Optional<EarlyStopping> earlyStopping;
  private final Optional<BestState> best;
  private final Export export;
  private final StepsSpec steps;
  private final Checkpoints checkpoints;
  private final PeakMemory memory;
  private final DeviceTime time;
  private final List<Standing.Evaluated> curve = new ArrayList<>();
  private final List<TrialResult> results = new CopyOnWriteArrayList<>();

  /**
   * @param decode tokens of a generated answer to text
   * @param progress of the branch, kept by its owner, as are its guards
   * @param tell where measurements of the present update go
   * @param evaluated told how long each evaluation took
   */
  Milestones(
      Lease lease,
      BaseModel model,
      TokenizedDataset data,
      Function<int[], String> decode,
      Progress progress,
      Guards guards,
      PeakMemory memory,
      DeviceTime time,
      TrialLog log,
      Consumer<Measurement> tell,
      Consumer<Duration> evaluated) {
    this.lease = lease;
    this.model = model;
    this.data = data;
    this.progress = progress;
    this.guards = guards;
    this.memory = memory;
    this.time = time;
    this.log = log;
    this.tell = tell;
    this.evaluated = evaluated;
    evaluations =
        new Evaluations(
            new SetEvaluation(
                lease.settings().evaluation(), endTokens(model, data), decode, data.train()),
            data.evaluation(),
            lease.settings().objective());
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
   * All that the branch's next update depends on.
   *
   * @param update the last one done
   */
  BranchState state(long update, SlotState slot) {
    Optional<BestState.Kept> kept = best.flatMap(BestState::kept);
    return new BranchState(
        slot.weights(),
        slot.firstMoments(),
        slot.secondMoments(),
        kept.map(BestState.Kept::weights).orElse(new float[0]),
        new Standing(
            update,
            slot.steps(),
            progress.standing(),
            guards.memory(),
            earlyStopping.map(EarlyStopping::standing),
            kept.map(one -> new Standing.Best(one.update(), one.value())),
            curve,
            checkpoints.standing(),
            time.seconds()));
  }

  /** Goes on where that was taken. */
  void restore(BranchState earlier) throws IOException {
    Standing standing = earlier.standing();
    progress.restore(standing.counts());
    time.restore(standing.seconds());
    curve.addAll(standing.curve());
    checkpoints.restore(standing.saved());
    standing.patience().ifPresent(found -> earlyStopping.ifPresent(rule -> rule.restore(found)));
    standing
        .best()
        .map(found -> new BestState.Kept(found.update(), found.value(), earlier.bestWeights()))
        .ifPresent(found -> best.ifPresent(state -> state.restore(found)));
  }

  /** Of the trials that have ended, in the milestones' order. Safe from any thread. */
  List<TrialResult> results() {
    return List.copyOf(results);
  }

  private List<Milestone> endingAt(long update) {
    return lease.branch().milestones().stream().filter(end -> end.update() == update).toList();
  }

  private boolean evaluatesAfter(BatchPlan.Update update) {
    return steps.evaluates(update.number(), update.endsEpoch())
        || !endingAt(update.number()).isEmpty();
  }

  /** What will be measured after an update, as far as that is known before. */
  Evaluations.Wish evaluates(BatchPlan.Update update) {
    return evaluatesAfter(update)
        ? evaluations.wish(!endingAt(update.number()).isEmpty(), best.isPresent())
        : evaluations.nothing();
  }

  /**
   * Evaluates where that is due or a trial ends; finishes the trials that end here, or all that are
   * left when early stopping says so.
   *
   * @param end leaves a checkpoint of the present state, if that is wanted
   * @return its verdict, if it ended them
   */
  Optional<Verdict> after(
      BatchPlan.Update update,
      Measurement.Update made,
      SlotView slot,
      Supplier<Optional<Checkpoint>> end)
      throws IOException {
    long number = update.number();
    List<Milestone> ending = endingAt(number);
    if (!evaluatesAfter(update)) {
      if (steps.logs(number)) {
        log.updated(update, progress, made);
      }
      checkpoints.after(number, Map.of(), slot.trainable(), slot::parameters);
      return Optional.empty();
    }
    long began = System.nanoTime();
    Evaluations.Found found = evaluations.atEpochEnd(slot.evaluator(), tell);
    best.ifPresent(kept -> kept.offer(number, found.metrics(), slot::parameters));
    checkpoints.after(number, found.metrics(), slot.trainable(), slot::parameters);
    Optional<Verdict> enough = judge(number, found.metrics());
    boolean closing = !ending.isEmpty() || enough.isPresent();
    Optional<BestState.Kept> earlier = best.flatMap(kept -> kept.before(number));
    Evaluations.Found all =
        closing && earlier.isEmpty()
            ? found.plus(evaluations.beyondEpochEnd(slot.evaluator(), tell))
            : found;
    evaluated.accept(Duration.ofNanos(System.nanoTime() - began));
    log.measured(update, progress, made, all.metrics());
    curve.add(
        new Standing.Evaluated(
            number, progress.epochs(), progress.trainLoss(), all.metrics(), !ending.isEmpty()));
    if (closing) {
      close(slot, ending, enough, earlier, all, end.get());
    }
    return enough;
  }

  /** Whether what was measured ends the branch, before its end. */
  private Optional<Verdict> judge(long update, Map<String, Double> metrics) {
    Optional<Verdict> patience = earlyStopping.flatMap(rule -> rule.judge(update, metrics));
    Optional<Verdict> guard = guards.evaluated(update, progress.trainLoss(), metrics);
    return patience.or(() -> guard).filter(verdict -> update < lease.branch().updates());
  }

  /** Trials that end leave their best state where that is asked for, else the present one. */
  private void close(
      SlotView slot,
      List<Milestone> ending,
      Optional<Verdict> enough,
      Optional<BestState.Kept> earlier,
      Evaluations.Found present,
      Optional<Checkpoint> place)
      throws IOException {
    Evaluations.Found found = present;
    if (earlier.isPresent()) {
      lease.settings().best().ifPresent(spec -> log.best(earlier.get(), spec.metric()));
      try (NDManager scope = model.newScope()) {
        found = evaluations.atTrialEnd(slot.evaluator(scope, earlier.get().weights()));
      }
    }
    float[] weights = earlier.map(BestState.Kept::weights).orElseGet(slot::parameters);
    keepBaseAnswers(slot, found, weights.length);
    List<Double> resampled = found.objective().map(RowValues::resampled).orElse(List.of());
    List<Milestone> all = lease.branch().milestones();
    for (Milestone end :
        all.subList(
            results.size(), enough.isPresent() ? all.size() : results.size() + ending.size())) {
      Outcome outcome =
          ending.contains(end)
              ? new Outcome.Completed()
              : new Outcome.EarlyStopped(enough.orElseThrow());
      Optional<String> adapter = Optional.of(export.place(end.trial()));
      TrialResult result = result(end, outcome, found.metrics(), adapter, resampled, place);
      String card = ModelCard.text(lease, model, data.summary(), result, curve);
      export.write(
          end.trial(),
          model,
          slot.trainable(),
          weights,
          new Export.Beside(card, SampleFiles.text(found.samples())));
      ended(result);
    }
  }

  /**
   * An adapter of zeros is the base model, unless it scales the base's weights or more than an
   * adapter is trained.
   */
  private void keepBaseAnswers(SlotView slot, Evaluations.Found found, int parameters)
      throws IOException {
    boolean zerosAreBase =
        slot.trainable() instanceof Trainable.Adapter
            && !lease.branch().config().training().lora().dora();
    if (zerosAreBase && !found.samples().isEmpty()) {
      try (NDManager scope = model.newScope()) {
        SampleFiles.keepBase(
            lease, () -> evaluations.samples(slot.evaluator(scope, new float[parameters])));
      }
    }
  }

  /** Ends the trials that are left, without weights. */
  void end(Outcome outcome) {
    open(outcome).forEach(this::ended);
  }

  /** How far the trials that are left have come when their branch waits to go on. */
  void rest(Checkpoint place, String why) {
    log.rests(place, why);
    results.addAll(open(new Outcome.Stopped(why)));
  }

  private List<TrialResult> open(Outcome outcome) {
    List<Milestone> all = lease.branch().milestones();
    return all.subList(results.size(), all.size()).stream()
        .map(
            milestone ->
                result(milestone, outcome, Map.of(), Optional.empty(), List.of(), Optional.empty()))
        .toList();
  }

  private TrialResult result(
      Milestone milestone,
      Outcome outcome,
      Map<String, Double> metrics,
      Optional<String> adapter,
      List<Double> resampled,
      Optional<Checkpoint> place) {
    return new TrialResult(
        milestone.trial(),
        outcome,
        progress.updates(),
        progress.epochs(),
        progress.samples(),
        progress.tokens(),
        progress.trainLoss(),
        metrics,
        time.seconds(),
        adapter,
        Optional.of(Origin.of(model, data, memory)),
        resampled,
        place);
  }

  private void ended(TrialResult result) {
    log.ended(result);
    results.add(result);
  }
}
