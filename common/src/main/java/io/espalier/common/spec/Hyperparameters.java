package io.espalier.common.spec;

import io.espalier.common.UserError;
import io.espalier.common.trial.InitAdapter;
import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Optimizer;
import io.espalier.common.trial.Training;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Values of keys of {@code training} as written; a key that is absent has its default. Kept as
 * text, for a point of the search may choose another optimizer or schedule, and other keys then
 * count.
 */
public record Hyperparameters(Map<String, String> texts) {
  static final String INIT_ADAPTER = "init_adapter";
  static final String TORCH_DTYPE = "torch_dtype";
  private static final String FLOAT32 = "float32";
  private static final String NO_MAX_STEPS = "-1";

  /**
   * @throws UserError when a name is no key of {@code training}
   */
  public Hyperparameters {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    var known = SpecKeys.namesIn("training");
    for (String name : texts.keySet()) {
      if (!known.contains(name)) {
        throw new UserError(
            "%s is no key of training; expected one of %s"
                .formatted(name, String.join(", ", known)));
      }
    }
  }

  public static Hyperparameters of(Map<String, String> texts) {
    return new Hyperparameters(texts);
  }

  /**
   * These with some keys set anew.
   *
   * @throws UserError when a name is no key of {@code training}
   */
  public Hyperparameters with(Map<String, String> point) {
    var all = new LinkedHashMap<>(texts);
    all.putAll(point);
    return new Hyperparameters(all);
  }

  /**
   * @throws UserError when a value does not fit its key
   */
  public Training training() {
    var written = new WrittenTraining(texts);
    int batch = written.whole("per_device_train_batch_size");
    return new Training(
        written.constant(Training.TrainType.class, "train_type"),
        written.decimal("learning_rate"),
        written.decimal("num_train_epochs"),
        written.text("max_steps").equals(NO_MAX_STEPS)
            ? OptionalInt.empty()
            : OptionalInt.of(written.whole("max_steps")),
        batch,
        written.text("gradient_accumulation_steps").equals("auto")
            ? automaticAccumulation(batch)
            : written.whole("gradient_accumulation_steps"),
        written.constant(Training.LossNormalisation.class, "loss_normalisation"),
        SchedulerTexts.read(written),
        optimizer(written),
        written.decimal("max_grad_norm"),
        written.decimal("label_smoothing_factor"),
        lora(written),
        written.decimal("layerwise_lr_decay"),
        written.whole("max_length"),
        written.constant(Training.TruncationStrategy.class, "truncation_strategy"),
        Long.parseLong(written.text("seed")),
        Optional.ofNullable(texts.get(INIT_ADAPTER)).map(this::initAdapter),
        Optional.of(written.text(TORCH_DTYPE))
            .filter(dtype -> !dtype.equals(FLOAT32))
            .map(dtype -> Training.TorchDtype.valueOf(dtype.toUpperCase(Locale.ROOT))),
        written.flag("gradient_checkpointing"));
  }

  private InitAdapter initAdapter(String directory) {
    return new InitAdapter(
        directory, Lora.SHAPE.stream().filter(texts::containsKey).collect(Collectors.toSet()));
  }

  /** ms-swift's rule: micro-batches enough for an effective batch of 16. */
  private static int automaticAccumulation(int batch) {
    return Math.max(1, (16 + batch - 1) / batch);
  }

  private static Optimizer optimizer(WrittenTraining written) {
    double decay = written.decimal("weight_decay");
    return switch (written.text("optimizer")) {
      case "sgd" -> new Optimizer.Sgd(written.decimal("momentum"), decay);
      case "adam" ->
          new Optimizer.Adam(
              written.decimal("adam_beta1"),
              written.decimal("adam_beta2"),
              written.decimal("adam_epsilon"),
              decay);
      default ->
          new Optimizer.AdamW(
              written.decimal("adam_beta1"),
              written.decimal("adam_beta2"),
              written.decimal("adam_epsilon"),
              decay);
    };
  }

  private static Lora lora(WrittenTraining written) {
    return new Lora(
        written.whole("lora_rank"),
        written.decimal("lora_alpha"),
        written.decimal("lora_dropout"),
        ValueType.Several.split(written.text("target_modules")),
        written.pattern("rank_pattern", Integer::valueOf),
        written.pattern("alpha_pattern", Double::valueOf),
        written.flag("use_rslora"),
        written.flag("use_dora"),
        written.decimal("lorap_lr_ratio"));
  }

  /** What a trial trains with, as a specification would say it: exact, every key that counts. */
  public static Hyperparameters of(Training training) {
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
    SchedulerTexts.write(training.scheduler(), texts);
    write(training.optimizer(), texts);
    texts.put("max_grad_norm", Double.toString(training.maxGradNorm()));
    texts.put("label_smoothing_factor", Double.toString(training.labelSmoothing()));
    write(training.lora(), texts);
    texts.put("layerwise_lr_decay", Double.toString(training.layerwiseLrDecay()));
    texts.put("max_length", Integer.toString(training.maxLength()));
    texts.put("truncation_strategy", word(training.truncationStrategy()));
    texts.put("seed", Long.toString(training.seed()));
    texts.put("gradient_checkpointing", Boolean.toString(training.gradientCheckpointing()));
    texts.put(TORCH_DTYPE, training.torchDtype().map(Hyperparameters::word).orElse(FLOAT32));
    training
        .initAdapter()
        .ifPresent(
            start -> {
              texts
                  .keySet()
                  .removeIf(key -> Lora.SHAPE.contains(key) && !start.stated().contains(key));
              texts.put(INIT_ADAPTER, start.directory());
            });
    return new Hyperparameters(texts);
  }

  private static void write(Optimizer optimizer, Map<String, String> texts) {
    texts.put("optimizer", optimizer.word());
    if (optimizer instanceof Optimizer.Sgd sgd) {
      texts.put("momentum", Double.toString(sgd.momentum()));
    } else if (optimizer instanceof Optimizer.Adaptive adaptive) {
      texts.put("adam_beta1", Double.toString(adaptive.beta1()));
      texts.put("adam_beta2", Double.toString(adaptive.beta2()));
      texts.put("adam_epsilon", Double.toString(adaptive.epsilon()));
    }
    texts.put("weight_decay", Double.toString(optimizer.weightDecay()));
  }

  private static void write(Lora lora, Map<String, String> texts) {
    texts.put("lora_rank", Integer.toString(lora.rank()));
    texts.put("lora_alpha", Double.toString(lora.alpha()));
    texts.put("lora_dropout", Double.toString(lora.dropout()));
    texts.put("target_modules", String.join(", ", lora.targetModules()));
    texts.put("rank_pattern", WrittenTraining.patternText(lora.rankPattern()));
    texts.put("alpha_pattern", WrittenTraining.patternText(lora.alphaPattern()));
    texts.put("use_rslora", Boolean.toString(lora.rslora()));
    texts.put("use_dora", Boolean.toString(lora.dora()));
    texts.put("lorap_lr_ratio", Double.toString(lora.lrRatio()));
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
