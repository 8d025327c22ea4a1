package io.espalier.worker.train;

import io.espalier.common.UserError;
import io.espalier.common.guard.Baseline;
import io.espalier.common.guard.Guards;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.worker.checkpoint.BranchState;
import io.espalier.worker.checkpoint.Fingerprint;
import io.espalier.worker.data.BatchPlan;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.memory.DeviceMemory;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One branch's way through its updates in a slot of a pack: which rows come next, what its guards
 * say, where its trials end. The device's work is the {@link Lane}'s, on whose thread all but
 * {@link #stop} and {@link #giveBack} is called once it has taken the branch. What goes wrong is in
 * the trials' outcomes, nothing is thrown.
 */
public final class BranchRun {
  private final Lease lease;
  private final BaseModel model;
  private final TokenizedDataset data;
  private final BranchListener listener;
  private final PassCost cost;
  private final Training training;
  private final BranchStart start;
  private final BatchPlan plan;
  private final Schedule schedule;
  private final Guards guards;
  private final Progress progress = new Progress();
  private final PeakMemory memory;
  private final DeviceTime time = new DeviceTime();
  private final CompletableFuture<Outcome> stop = new CompletableFuture<>();
  private final CompletableFuture<Outcome.Stopped> givenBack = new CompletableFuture<>();
  private final TrialLog log;
  private final Milestones milestones;
  private final ResumePoints resumePoints;
  private Optional<Fingerprint> fingerprint = Optional.empty();
  private Optional<Checkpoint> rested = Optional.empty();
  private UpdateRows rows;
  private long began;
  private boolean ended;

  /** Whether another attempt may be made at what it did not finish. */
  private boolean mayGoOn;

  /** As below, leaving no checkpoints but those that the lease asks for, in passes of any size. */
  public BranchRun(
      Lease lease,
      BaseModel model,
      TokenizedDataset data,
      Function<int[], String> decode,
      BranchListener listener) {
    this(lease, model, data, decode, listener, Cadence.NEVER, PassCost.UNKNOWN);
  }

  /**
   * @param decode tokens of a generated answer to text
   * @param cost of passes of its kind
   */
  public BranchRun(
      Lease lease,
      BaseModel model,
      TokenizedDataset data,
      Function<int[], String> decode,
      BranchListener listener,
      Cadence cadence,
      PassCost cost) {
    this.lease = lease;
    this.cost = cost;
    this.model = model;
    this.data = data;
    this.listener = listener;
    memory = new PeakMemory(DeviceMemory.of(model.device()));
    log = new TrialLog(lease, Clock.systemUTC());
    training = lease.branch().config().training();
    start = new BranchStart(lease, model, data);
    plan = new BatchPlan(data.epochs(lease.settings().dataset()), training);
    schedule = training.schedule(data.train().size());
    guards = new Guards(lease.settings().guard(), Baseline.of(lease.dataset(), training));
    rows = rows(1 + lease.start().map(Checkpoint::update).orElse(0L));
    resumePoints = new ResumePoints(lease, cadence, log, listener, time::seconds);
    milestones =
        new Milestones(
            lease,
            model,
            data,
            decode,
            progress,
            guards,
            memory,
            time,
            log,
            measured -> tell(rows.update().number(), measured),
            listener::evaluated);
  }

  /**
   * Ends the branch with this outcome before its next pass; trials already finished stay so. Safe
   * from any thread; the first call counts.
   */
  public void stop(Outcome outcome) {
    stop.complete(outcome);
  }

  /**
   * Ends the branch after its present update, with a checkpoint from which another attempt goes on:
   * {@link #rested}. Safe from any thread; the first call counts.
   */
  public void giveBack(Outcome.Stopped why) {
    givenBack.complete(why);
  }

  /** Whether all its trials have ended. */
  public boolean hasEnded() {
    return ended;
  }

  /** Of the trials that have ended, in the milestones' order. Safe from any thread. */
  public List<TrialResult> results() {
    return milestones.results();
  }

  /**
   * Where it goes on, when it came to where its lease says that it rests, or was given back. Once
   * it has ended.
   */
  public Optional<Checkpoint> rested() {
    return rested;
  }

  BaseModel model() {
    return model;
  }

  /** Whether no other branch may be in its passes. */
  boolean reproducible() {
    return passes().reproducible();
  }

  private PassSpec passes() {
    return lease.settings().passes().orElse(PassSpec.FREE);
  }

  /** Rows of a pass when it is alone. */
  public int microBatch() {
    int batch = training.perDeviceTrainBatchSize();
    return Math.min(batch, passes().microBatch().orElse(batch));
  }

  /** Tokens of such a pass, about. */
  public double tokensPerPass() {
    return (double) microBatch() * data.summary().tokens() / data.summary().samples();
  }

  /** Tokens that it still has to train on, about. */
  public double tokensLeft() {
    long updates = lease.branch().updates() - rows.update().number() + 1;
    int batch = Math.min(training.effectiveBatch(), data.train().size());
    return (double) updates * batch * data.summary().tokens() / data.summary().samples();
  }

  /** Its pack saved so many seconds by training branches together. */
  void saved(double seconds) {
    listener.saved(seconds);
  }

  /** What passes of its kind cost. */
  PassCost cost() {
    return cost;
  }

  /** Its part of its packs' passes. */
  DeviceTime time() {
    return time;
  }

  /** What it asks of a pack. */
  PassRows.Wish wish() {
    return new PassRows.Wish(
        microBatch(), Math.min(training.effectiveBatch(), data.train().size()));
  }

  /**
   * Checks what it trains on and reads what it starts from.
   *
   * @return empty when that failed, which ended it
   */
  Optional<Slot> begin() {
    memory.begin();
    time.begin(1);
    try {
      return first();
    } finally {
      time.pause();
    }
  }

  private Optional<Slot> first() {
    log.leased(lease);
    log.origin(data.summary(), Origin.of(model, data, memory));
    try {
      Rows.check(data, lease.settings().evaluation(), model.config());
      Slot slot = start.fresh();
      if (lease.start().isPresent()) {
        slot = resumed(slot, lease.start().get());
      }
      resumePoints.begin();
      began = System.nanoTime();
      return Optional.of(slot);
    } catch (UserError e) {
      end(new Outcome.Failed(String.valueOf(e.getMessage())));
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
    return Optional.empty();
  }

  /** The slot as the checkpoint has it, and all else that goes on from there. */
  private Slot resumed(Slot fresh, Checkpoint at) throws IOException {
    BranchState found = start.read(at, fingerprint(fresh.state().trainable()));
    milestones.restore(found);
    guards.restore(found.standing().rules());
    log.wentOn(at);
    return BranchStart.resumed(fresh, found);
  }

  private Fingerprint fingerprint(Trainable trainable) {
    if (fingerprint.isEmpty()) {
      fingerprint = Optional.of(start.fingerprint(trainable));
    }
    return fingerprint.get();
  }

  private UpdateRows rows(long update) {
    return new UpdateRows(plan.update(update), training, data.train());
  }

  /** Its part of the next pass. */
  MicroBatch.Part next(int most) {
    return rows.next(most);
  }

  /** So many of its rows have gone through a pass. */
  void passed(int count) {
    rows.passed(count);
  }

  /** Memory ran out at a pass that it had a part in. */
  void relieved(Measurement.OutOfMemory smaller) {
    tell(rows.update().number(), smaller);
  }

  /** What it accumulated for its present update is lost. */
  void rewind() {
    rows.rewind();
  }

  /** Whether all rows of its present update have gone through a pass. */
  boolean updateIsDue() {
    return rows.done();
  }

  /**
   * What is to happen with an update that is due.
   *
   * @param applied whether the optimizer shall take the step
   * @param verdict of a guard that ends the branch
   */
  record Step(
      Pack.Measured measured,
      double learningRate,
      boolean applied,
      Guards.Pace pace,
      Optional<Verdict> verdict) {}

  /** Judges the update that is due, before it is applied. */
  Step judge(Pack.Measured measured) {
    long number = rows.update().number();
    Optional<Verdict> verdict = guards.judge(number, measured.loss(), measured.gradNorm());
    Guards.Pace pace = guards.pace(number, measured.gradNorm());
    return new Step(
        measured,
        schedule.learningRate(number) * pace.factor(),
        verdict.isEmpty() && measured.finite(),
        pace,
        verdict);
  }

  /** What it will have measured after the update that is due. */
  Evaluations.Wish evaluates() {
    return milestones.evaluates(rows.update());
  }

  /**
   * Goes on after its update was applied, or was not: tells, evaluates, ends or begins the next.
   */
  void updated(Step step, SlotView slot) {
    try {
      goOn(step, slot);
    } catch (UserError e) {
      end(new Outcome.Failed(String.valueOf(e.getMessage())));
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
  }

  private void goOn(Step step, SlotView slot) throws IOException {
    BatchPlan.Update update = rows.update();
    long number = update.number();
    Progress.Batch batch = rows.batch();
    if (step.applied()) {
      progress.applied(update, batch, step.measured().lossSum());
    } else if (step.verdict().isEmpty()) {
      log.notApplied(number, step.measured());
    }
    double seconds = Math.max(1e-9, (System.nanoTime() - began) * 1e-9);
    var made =
        new Measurement.Update(
            step.measured().loss(),
            step.learningRate(),
            step.measured().gradNorm(),
            batch.tokens() / seconds);
    tell(number, made);
    if (step.verdict().isPresent()) {
      tell(number, kill(step.verdict().get()));
      end(new Outcome.Killed(step.verdict().get()));
      return;
    }
    step.pace().lowered().ifPresent(rule -> lowered(made, rule, step.pace().factor()));
    Supplier<BranchState> state = () -> milestones.state(number, slot.copy());
    Optional<Verdict> enough =
        milestones.after(
            update,
            made,
            slot,
            () -> resumePoints.atEnd(number, fingerprint(slot.trainable()), state));
    if (enough.isPresent()) {
      tell(number, kill(enough.get()));
      end(new Outcome.EarlyStopped(enough.get()));
      return;
    }
    boolean leaves = givenBack.isDone();
    resumePoints.after(number, leaves, fingerprint(slot.trainable()), state);
    if (number == lease.branch().updates()) {
      fingerprint.ifPresent(resumePoints::end);
      ended = true;
    } else if (lease.restsAfter(number) && resumePoints.at(number).isPresent()) {
      rest(resumePoints.at(number).get(), "it rests after update " + number);
    } else if (leaves && resumePoints.at(number).isPresent()) {
      rest(resumePoints.at(number).get(), givenBack.join().reason());
    } else if (leaves) {
      end(givenBack.join());
    } else {
      rows = rows(number + 1);
      began = System.nanoTime();
    }
  }

  private void rest(Checkpoint place, String why) {
    ended = true;
    rested = Optional.of(place);
    fingerprint.ifPresent(resumePoints::end);
    milestones.rest(place, why);
  }

  private void lowered(Measurement.Update made, GradientNorm rule, double factor) {
    long number = rows.update().number();
    log.lowered(number, made.gradNorm(), rule.ceiling(), factor);
    tell(
        number,
        new Measurement.Reduction(
            "gradient_norm", made.gradNorm(), rule.ceiling(), made.learningRate()));
  }

  private static Measurement.Kill kill(Verdict verdict) {
    return new Measurement.Kill(verdict.rule(), verdict.value(), verdict.threshold());
  }

  /** Ends it where it was asked to. */
  public void endIfStopped() {
    if (stop.isDone() && !ended) {
      end(stop.join());
    }
  }

  /** Ends it because its training broke. */
  void fail(Throwable cause) {
    end(new Outcome.Failed(Failure.sentence(cause, progress.updates() + 1)));
  }

  /** The coordinator has journaled a checkpoint. Safe from any thread. */
  public void checkpointKept(long update) {
    resumePoints.acknowledged(update);
  }

  /** The coordinator has journaled the branch's end, after which this is called once. */
  public void forgetCheckpoints() {
    resumePoints.discard(rested, mayGoOn);
  }

  private void end(Outcome outcome) {
    ended = true;
    mayGoOn = outcome.mayBeRetried();
    fingerprint.ifPresent(resumePoints::end);
    milestones.end(outcome);
  }

  private void tell(long update, Measurement measurement) {
    memory.sample();
    if (measurement instanceof Measurement.OutOfMemory smaller) {
      log.relieved(update, smaller);
    }
    listener.measured(
        update, progress.epochs(), progress.samples(), progress.tokens(), measurement);
  }
}
