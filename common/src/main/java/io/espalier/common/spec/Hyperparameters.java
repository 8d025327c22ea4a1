package io.espalier.common.spec;

import io.espalier.common.UserError;
import io.espalier.common.trial.Training;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Hyperparameters to and from the text a specification has for them. */
public final class Hyperparameters {
  private static final String NO_MAX_STEPS = "-1";

  private Hyperparameters() {}

  /** What a specification without a {@code training} section trains with. */
  public static Training defaults() {
    return parse(Map.of());
  }

  /**
   * The base with some keys set anew.
   *
   * @param point names of keys of {@code training} with their values as written
   * @throws UserError when a name is no such key or its value does not fit
   */
  public static Training apply(Training base, Map<String, String> point) {
    var texts = texts(base);
    point.forEach(
        (name, text) -> {
          if (!texts.containsKey(name)) {
            throw new UserError(
                "%s is no key of training; expected one of %s"
                    .formatted(name, String.join(", ", texts.keySet())));
          }
          texts.put(name, text);
        });
    return parse(texts);
  }

  /**
   * @param texts a value for each key of {@code training} that this version does
   */
  static Training parse(Map<String, String> texts) {
    return new Parser(texts).training();
  }

  /**
   * Every key of {@code training}: exact, though not as the user wrote it; read back by parsing.
   */
  public static Map<String, String> texts(Training training) {
    var texts = new LinkedHashMap<String, String>();
    texts.put("train_type", word(training.trainType()));
    texts.put("learning_rate", Double.toString(training.learningRate()));
    texts.put("num_train_epochs", Double.toString(training.numTrainEpochs()));
    texts.put(
        "max_steps",
        training.maxSteps().isPresent()
            ? Integer.toString(training.maxSteps().getAsInt())
            : NO_MAX_STEPS);
    texts.put("per_device_train_batch_size", Integer.toString(training.perDeviceTrainBatchSize()));
    texts.put(
        "gradient_accumulation_steps", Integer.toString(training.gradientAccumulationSteps()));
    texts.put("loss_normalisation", word(training.lossNormalisation()));
    texts.put("lr_scheduler_type", word(training.scheduler().type()));
    texts.put("warmup_ratio", Double.toString(training.scheduler().warmupRatio()));
    texts.put("warmup_steps", Integer.toString(training.scheduler().warmupSteps().orElse(0)));
    texts.put("optimizer", "adamw");
    texts.put("adam_beta1", Double.toString(training.optimizer().beta1()));
    texts.put("adam_beta2", Double.toString(training.optimizer().beta2()));
    texts.put("adam_epsilon", Double.toString(training.optimizer().epsilon()));
    texts.put("weight_decay", Double.toString(training.optimizer().weightDecay()));
    texts.put("max_grad_norm", Double.toString(training.maxGradNorm()));
    texts.put("label_smoothing_factor", Double.toString(training.labelSmoothing()));
    texts.put("lora_rank", Integer.toString(training.lora().rank()));
    texts.put("lora_alpha", Double.toString(training.lora().alpha()));
    texts.put("lora_dropout", Double.toString(training.lora().dropout()));
    texts.put("target_modules", String.join(", ", training.lora().targetModules()));
    texts.put("max_length", Integer.toString(training.maxLength()));
    texts.put("truncation_strategy", word(training.truncationStrategy()));
    texts.put("seed", Long.toString(training.seed()));
    return texts;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private record Parser(Map<String, String> texts) {
    Training training() {
      int batch = whole("per_device_train_batch_size");
      int warmupSteps = whole("warmup_steps");
      String maxSteps = text("max_steps");
      return new Training(
          constant(Training.TrainType.class, "train_type"),
          decimal("learning_rate"),
          decimal("num_train_epochs"),
          maxSteps.equals(NO_MAX_STEPS) ? OptionalInt.empty() : OptionalInt.of(whole("max_steps")),
          batch,
          text("gradient_accumulation_steps").equals("auto")
              ? automaticAccumulation(batch)
              : whole("gradient_accumulation_steps"),
          constant(Training.LossNormalisation.class, "loss_normalisation"),
          new Training.Scheduler(
              constant(Training.SchedulerType.class, "lr_scheduler_type"),
              decimal("warmup_ratio"),
              warmupSteps > 0 ? OptionalInt.of(warmupSteps) : OptionalInt.empty()),
          new Training.AdamW(
              decimal("adam_beta1"),
              decimal("adam_beta2"),
              decimal("adam_epsilon"),
              decimal("weight_decay")),
          decimal("max_grad_norm"),
          decimal("label_smoothing_factor"),
          new Training.Lora(
              whole("lora_rank"),
              decimal("lora_alpha"),
              decimal("lora_dropout"),
              ValueType.Several.split(text("target_modules"))),
          whole("max_length"),
          constant(Training.TruncationStrategy.class, "truncation_strategy"),
          Long.parseLong(text("seed")));
    }

    /** ms-swift's rule: micro-batches enough for an effective batch of 16. */
    private static int automaticAccumulation(int batch) {
      return Math.max(1, (16 + batch - 1) / batch);
    }

    private String text(String name) {
      SpecKey key = SpecKeys.get(SpecKeys.TRAINING + name);
      String text =
          Optional.ofNullable(texts.get(name))
              .or(key::standard)
              .orElseThrow(() -> new IllegalArgumentException(name + " has no value"));
      Optional<String> problem = key.type().problem(text);
      if (problem.isPresent() || !key.does(text)) {
        throw new UserError(
            "%s: %s %s; expected %s; correct it"
                .formatted(
                    key.path(),
                    text,
                    problem.orElse("is something this version cannot do yet"),
                    key.type().expected()));
      }
      return text;
    }

    private double decimal(String name) {
      return Double.parseDouble(text(name));
    }

    private int whole(String name) {
      return Integer.parseInt(text(name));
    }

    private <E extends Enum<E>> E constant(Class<E> type, String name) {
      return Enum.valueOf(type, text(name).toUpperCase(Locale.ROOT));
    }
  }
}
