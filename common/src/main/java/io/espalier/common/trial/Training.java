package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The hyperparameters of one trial, named as in HuggingFace's TrainingArguments and PEFT's
 * LoraConfig.
 *
 * @param learningRate peak learning rate, &gt; 0
 * @param numTrainEpochs epochs, may be fractional, &gt; 0; without force when {@code maxSteps} is
 *     given
 * @param maxSteps updates in all, overrides epochs
 * @param perDeviceTrainBatchSize rows of one micro-batch, ≥ 1
 * @param gradientAccumulationSteps micro-batches of one update, ≥ 1
 * @param maxGradNorm the clipping norm; 0 switches clipping off
 * @param labelSmoothing 0 (none) to 1 (exclusive)
 * @param layerwiseLrDecay each layer's learning rate over that of the layer above it, above 0 to 1;
 *     1 for none
 * @param maxLength longest row in tokens
 * @param seed of the adapter's initial weights and of dropout
 * @param initAdapter where the weights come from instead; {@code lora} then counts as far as it
 *     says
 * @param torchDtype what the frozen base is kept and computed in; empty: float32, as always when
 *     every weight is trained
 * @param gradientCheckpointing whether a layer's inner activations are computed a second time
 *     instead of kept; the numbers are the same
 */
public record Training(
    TrainType trainType,
    double learningRate,
    double numTrainEpochs,
    OptionalInt maxSteps,
    int perDeviceTrainBatchSize,
    int gradientAccumulationSteps,
    LossNormalisation lossNormalisation,
    @JsonDeserialize(using = SchedulerReader.class) Scheduler scheduler,
    Optimizer optimizer,
    double maxGradNorm,
    double labelSmoothing,
    Lora lora,
    double layerwiseLrDecay,
    int maxLength,
    TruncationStrategy truncationStrategy,
    long seed,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<InitAdapter> initAdapter,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<TorchDtype> torchDtype,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean gradientCheckpointing) {
  public Training {
    // Earlier versions wrote none of these.
    torchDtype = torchDtype == null || trainType == TrainType.FULL ? Optional.empty() : torchDtype;
    initAdapter = initAdapter == null ? Optional.empty() : initAdapter;
    layerwiseLrDecay = layerwiseLrDecay == 0 ? 1 : layerwiseLrDecay;
  }

  /** What is trained: an adapter, or every weight of the model. */
  public enum TrainType {
    LORA,
    FULL
  }

  /** What the losses of an update's micro-batches are divided by. */
  public enum LossNormalisation {
    /** Sum of token losses ÷ target tokens of the whole effective batch. */
    TOKEN,
    /** Mean over micro-batches of each one's token mean. */
    MEAN_OF_MEANS
  }

  /** What a frozen base can be kept in instead of float32. */
  public enum TorchDtype {
    BFLOAT16,
    /** bfloat16 where the model's config says so, else float32. */
    AUTO
  }

  /** What happens to a row longer than {@code max_length}. */
  public enum TruncationStrategy {
    DELETE,
    LEFT,
    RIGHT
  }

  /** The same with another adapter. */
  public Training with(Lora other) {
    return new Training(
        trainType,
        learningRate,
        numTrainEpochs,
        maxSteps,
        perDeviceTrainBatchSize,
        gradientAccumulationSteps,
        lossNormalisation,
        scheduler,
        optimizer,
        maxGradNorm,
        labelSmoothing,
        other,
        layerwiseLrDecay,
        maxLength,
        truncationStrategy,
        seed,
        initAdapter,
        torchDtype,
        gradientCheckpointing);
  }

  /** Rows of one update: micro-batch × accumulation. */
  public int effectiveBatch() {
    return Math.multiplyExact(perDeviceTrainBatchSize, gradientAccumulationSteps);
  }

  /** ⌈samples ÷ effective batch⌉: a short last batch of an epoch is an update of its own. */
  public long updatesPerEpoch(long samples) {
    return (samples + effectiveBatch() - 1) / effectiveBatch();
  }

  /** {@code max_steps}, or ⌈epochs × updates per epoch⌉. */
  public long totalUpdates(long samples) {
    return maxSteps.isPresent()
        ? maxSteps.getAsInt()
        : (long) Math.ceil(numTrainEpochs * updatesPerEpoch(samples));
  }

  /** The learning rate of every update of this trial on a data set of {@code samples} rows. */
  public Schedule schedule(long samples) {
    return new Schedule(scheduler, learningRate, totalUpdates(samples));
  }

  /** The clipping norm, absent when clipping is off. */
  public OptionalDouble clippingNorm() {
    return maxGradNorm > 0 ? OptionalDouble.of(maxGradNorm) : OptionalDouble.empty();
  }
}
