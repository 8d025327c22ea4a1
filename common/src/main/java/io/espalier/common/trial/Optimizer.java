package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * What turns a gradient into a step, as in torch.optim. Journals of version 0.1 before it had
 * others say none: AdamW.
 */
@JsonTypeInfo(
    use = JsonTypeInfo.Id.NAME,
    property = "optimizer",
    defaultImpl = Optimizer.AdamW.class)
@JsonSubTypes({
  @JsonSubTypes.Type(value = Optimizer.AdamW.class, name = "adamw"),
  @JsonSubTypes.Type(value = Optimizer.Adam.class, name = "adam"),
  @JsonSubTypes.Type(value = Optimizer.Sgd.class, name = "sgd")
})
public sealed interface Optimizer {
  /** The word a specification has for it. */
  String word();

  double weightDecay();

  /** Optimizers that keep a first and a second moment. */
  sealed interface Adaptive extends Optimizer {
    double beta1();

    double beta2();

    double epsilon();
  }

  /** torch.optim.AdamW: weights shrink by 1 − learning rate × weight decay before the step. */
  record AdamW(double beta1, double beta2, double epsilon, double weightDecay) implements Adaptive {
    @Override
    public String word() {
      return "adamw";
    }
  }

  /** torch.optim.Adam: weight decay × weights is added to the gradient. */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay) implements Adaptive {
    @Override
    public String word() {
      return "adam";
    }
  }

  /**
   * torch.optim.SGD: weight decay × weights is added to the gradient.
   *
   * @param momentum 0 for none; the first step's buffer is the gradient itself, not dampened
   */
  record Sgd(double momentum, double weightDecay) implements Optimizer {
    @Override
    public String word() {
      return "sgd";
    }
  }
}
