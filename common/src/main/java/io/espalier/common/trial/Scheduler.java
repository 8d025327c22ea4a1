package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The shape of the learning rate over the updates, named as HuggingFace's {@code
 * lr_scheduler_type}. Pure functions; steps count from 0.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Scheduler.Constant.class, name = "constant"),
  @JsonSubTypes.Type(value = Scheduler.ConstantWithWarmup.class, name = "constant_with_warmup"),
  @JsonSubTypes.Type(value = Scheduler.Linear.class, name = "linear"),
  @JsonSubTypes.Type(value = Scheduler.Cosine.class, name = "cosine"),
  @JsonSubTypes.Type(value = Scheduler.Step.class, name = "step"),
  @JsonSubTypes.Type(value = Scheduler.WarmupStableDecay.class, name = "warmup_stable_decay"),
  @JsonSubTypes.Type(value = Scheduler.Sequence.class, name = "sequence")
})
public sealed interface Scheduler {
  /** The word a specification has for it. */
  String word();

  /** What comes before the shape; {@link Warmup#NONE} where nothing does. */
  Warmup warmup();

  /** The same shape after another warm-up; a schedule that has none stays as it is. */
  Scheduler with(Warmup other);

  /**
   * The learning rate after the warm-up.
   *
   * @param step from 0, the first update after the warm-up
   * @param length updates after the warm-up, &gt; {@code step}
   */
  double shape(double peak, long step, long length);

  /**
   * The learning rate of an update.
   *
   * @param peak the highest rate
   * @param step updates done before it, from 0
   * @param total updates of the whole run
   */
  default double learningRate(double peak, long step, long total) {
    long rise = warmup().updates(total);
    return step < rise
        ? peak * warmup().factor(step, rise)
        : shape(peak, step - rise, total - rise);
  }

  /** The peak throughout. */
  record Constant() implements Scheduler {
    @Override
    public String word() {
      return "constant";
    }

    @Override
    public Warmup warmup() {
      return Warmup.NONE;
    }

    @Override
    public Scheduler with(Warmup other) {
      return this;
    }

    @Override
    public double shape(double peak, long step, long length) {
      return peak;
    }
  }

  /** The peak, once it is reached. */
  record ConstantWithWarmup(Warmup warmup) implements Scheduler {
    @Override
    public String word() {
      return "constant_with_warmup";
    }

    @Override
    public Scheduler with(Warmup other) {
      return new ConstantWithWarmup(other);
    }

    @Override
    public double shape(double peak, long step, long length) {
      return peak;
    }
  }

  /** A straight line that would reach the floor one update after the last. */
  record Linear(Warmup warmup, Floor floor) implements Scheduler {
    @Override
    public String word() {
      return "linear";
    }

    @Override
    public Scheduler with(Warmup other) {
      return new Linear(other, floor);
    }

    @Override
    public double shape(double peak, long step, long length) {
      return floor.above(peak, 1 - progress(step, length));
    }
  }

  /** Half a cosine wave from the peak down to the floor. */
  record Cosine(Warmup warmup, Floor floor) implements Scheduler {
    @Override
    public String word() {
      return "cosine";
    }

    @Override
    public Scheduler with(Warmup other) {
      return new Cosine(other, floor);
    }

    @Override
    public double shape(double peak, long step, long length) {
      return floor.above(peak, cosine(progress(step, length)));
    }
  }

  /**
   * torch.optim.lr_scheduler.StepLR: times gamma after every so many updates.
   *
   * @param size updates between two steps; 0 for a third of all, rounded up
   */
  record Step(Warmup warmup, int size, double gamma) implements Scheduler {
    @Override
    public String word() {
      return "step";
    }

    @Override
    public Scheduler with(Warmup other) {
      return new Step(other, size, gamma);
    }

    @Override
    public double shape(double peak, long step, long length) {
      long every = size > 0 ? size : (length + 2) / 3;
      return peak * Math.pow(gamma, (double) (step / every));
    }
  }

  /**
   * The peak, and a decay at the end (transformers' get_wsd_schedule; its warm-up starts at the
   * floor, this one at its own start).
   *
   * @param decaySteps updates of the decay; overrides {@code decayRatio} when given
   * @param decayRatio share of the updates after the warm-up, rounded up
   */
  record WarmupStableDecay(
      Warmup warmup, OptionalInt decaySteps, double decayRatio, Decay decay, Floor floor)
      implements Scheduler {
    @Override
    public String word() {
      return "warmup_stable_decay";
    }

    @Override
    public Scheduler with(Warmup other) {
      return new WarmupStableDecay(other, decaySteps, decayRatio, decay, floor);
    }

    @Override
    public double shape(double peak, long step, long length) {
      long falling = decayUpdates(length);
      long stable = length - falling;
      return step < stable
          ? peak
          : floor.above(peak, decay.factor(progress(step - stable, falling)));
    }

    private long decayUpdates(long length) {
      long wanted =
          decaySteps.isPresent() ? decaySteps.getAsInt() : (long) Math.ceil(length * decayRatio);
      return Math.min(wanted, length);
    }
  }

  /** How a {@link WarmupStableDecay} falls. */
  enum Decay {
    LINEAR,
    COSINE,
    /** 1 − √progress. */
    SQRT;

    double factor(double progress) {
      return switch (this) {
        case LINEAR -> 1 - progress;
        case COSINE -> Scheduler.cosine(progress);
        case SQRT -> 1 - Math.sqrt(progress);
      };
    }
  }

  /**
   * Several one after another (torch's SequentialLR): each sees only its own updates. The last goes
   * on to the end.
   *
   * @param phases at least one
   */
  record Sequence(List<Phase> phases) implements Scheduler {
    public Sequence {
      phases = List.copyOf(phases);
    }

    @Override
    public String word() {
      return "sequence";
    }

    @Override
    public Warmup warmup() {
      return Warmup.NONE;
    }

    @Override
    public Scheduler with(Warmup other) {
      return this;
    }

    @Override
    public double shape(double peak, long step, long length) {
      long begun = 0;
      for (Phase phase : phases.subList(0, phases.size() - 1)) {
        long updates = Math.min(phase.updates(length), length - begun);
        if (step < begun + updates) {
          return phase.scheduler().learningRate(peak, step - begun, updates);
        }
        begun += updates;
      }
      return phases
          .get(phases.size() - 1)
          .scheduler()
          .learningRate(peak, step - begun, length - begun);
    }
  }

  /**
   * A part of a {@link Sequence}.
   *
   * @param steps its updates; overrides {@code percent} when given
   * @param percent of all updates, rounded up; neither is looked at in the last phase
   */
  record Phase(Scheduler scheduler, OptionalInt steps, OptionalDouble percent) {
    long updates(long total) {
      return steps.isPresent()
          ? steps.getAsInt()
          : (long) Math.ceil(total * percent.orElse(0) / 100);
    }
  }

  /**
   * Where a falling rate ends.
   *
   * @param rate absolute; 0 when {@code share} says it
   * @param share of the peak, 0 to 1
   */
  record Floor(double rate, double share) {
    public static final Floor ZERO = new Floor(0, 0);

    /** A rate between the floor (factor 0) and the peak (factor 1). */
    double above(double peak, double factor) {
      double lowest = Math.min(peak, rate > 0 ? rate : share * peak);
      return lowest + (peak - lowest) * Math.max(0, factor);
    }
  }

  private static double progress(long step, long length) {
    return (double) step / Math.max(1, length);
  }

  private static double cosine(double progress) {
    return 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
