package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How a trial ended. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outcome")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Outcome.Completed.class, name = "completed"),
  @JsonSubTypes.Type(value = Outcome.EarlyStopped.class, name = "early_stopped"),
  @JsonSubTypes.Type(value = Outcome.Killed.class, name = "killed"),
  @JsonSubTypes.Type(value = Outcome.Pruned.class, name = "pruned"),
  @JsonSubTypes.Type(value = Outcome.Stopped.class, name = "stopped"),
  @JsonSubTypes.Type(value = Outcome.Failed.class, name = "failed")
})
public sealed interface Outcome {
  /** One word: what tables and Prometheus labels show. */
  String word();

  /** One line: why; empty for a completed trial. */
  String reason();

  /** Whether it was trained as far as it should: it has final metrics and what it trained. */
  default boolean finished() {
    return this instanceof Completed || this instanceof EarlyStopped;
  }

  /** Whether another try may end otherwise: guards and pruners would end it the same way again. */
  default boolean mayBeRetried() {
    return this instanceof Stopped || this instanceof Failed;
  }

  /** Trained to its end. */
  record Completed() implements Outcome {
    @Override
    public String word() {
      return "completed";
    }

    @Override
    public String reason() {
      return "";
    }
  }

  /** Ended by the specification's patience with a metric that got no better. */
  record EarlyStopped(Verdict verdict) implements Outcome {
    @Override
    public String word() {
      return "early_stopped";
    }

    @Override
    public String reason() {
      return verdict.sentence();
    }
  }

  /** Ended by a guard on the worker. */
  record Killed(Verdict verdict) implements Outcome {
    @Override
    public String word() {
      return "killed";
    }

    @Override
    public String reason() {
      return verdict.sentence();
    }
  }

  /** Ended by a pruner on the coordinator. */
  record Pruned(Verdict verdict) implements Outcome {
    @Override
    public String word() {
      return "pruned";
    }

    @Override
    public String reason() {
      return verdict.sentence();
    }
  }

  /** Ended by a person, or with its sweep. */
  record Stopped(String reason) implements Outcome {
    @Override
    public String word() {
      return "stopped";
    }
  }

  /** Could not be trained; the reason says what to do. */
  record Failed(String reason) implements Outcome {
    @Override
    public String word() {
      return "failed";
    }
  }
}
