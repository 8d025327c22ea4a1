package io.espalier.common.spec;

import io.espalier.common.spec.ValueType.Choice;
import io.espalier.common.spec.ValueType.Decimal;
import io.espalier.common.spec.ValueType.Flag;
import io.espalier.common.spec.ValueType.Pairs;
import io.espalier.common.spec.ValueType.Several;
import io.espalier.common.spec.ValueType.Structure;
import io.espalier.common.spec.ValueType.Text;
import io.espalier.common.spec.ValueType.Whole;
import java.util.List;

/**
 * The keys of {@code training}. Defaults are ms-swift's for LoRA, but for dropout 0 and
 * accumulation 1.
 */
final class TrainingKeys {
  private static final Flag FLAG = new Flag();
  private static final Whole COUNT = Whole.between(1, 32_768);

  private TrainingKeys() {}

  static void fill(KeyRows rows) {
    rows.section("training", "hyperparameters of all trials, unless search.space has the key");
    supported(rows);
    steps(rows);
  }

  private static void supported(KeyRows rows) {
    training(rows, "train_type", Choice.of("lora", "full"), "lora", "an adapter, or every weight");
    training(rows, "learning_rate", Decimal.above(0), "1e-4", "its peak");
    training(
        rows,
        "num_train_epochs",
        new Decimal(0, false, 1e6, true),
        "3",
        "epochs, may be fractional");
    training(
        rows,
        "max_steps",
        new Whole(1, Integer.MAX_VALUE, List.of("-1")),
        "-1",
        "updates in all, instead of epochs; -1 for none");
    training(rows, "per_device_train_batch_size", COUNT, "1", "rows of a micro-batch");
    training(
        rows,
        "gradient_accumulation_steps",
        new Whole(COUNT.low(), COUNT.high(), List.of("auto")),
        "1",
        "micro-batches of an update; auto is ms-swift's max(1, ceil(16 / batch))");
    training(
        rows,
        "loss_normalisation",
        Choice.of("token", "mean_of_means"),
        "token",
        "mean over an update's target tokens, or over its micro-batches' means");
    training(
        rows,
        "lr_scheduler_type",
        Choice.of(
            "cosine",
            "linear",
            "constant",
            "constant_with_warmup",
            "step",
            "warmup_stable_decay",
            "sequence"),
        "cosine",
        "shape of the learning rate");
    training(
        rows,
        "warmup_ratio",
        new Decimal(0, true, 1, true),
        "0",
        "share of the updates to warm up in, rounded up");
    training(
        rows,
        "warmup_steps",
        Whole.between(0, Integer.MAX_VALUE),
        "0",
        "updates to warm up in, instead of warmup_ratio when above 0");
    schedule(rows);
    training(rows, "optimizer", Choice.of("adamw", "adam", "sgd"), "adamw", "the optimizer");
    training(rows, "adam_beta1", Decimal.share(), "0.9", "decay of the first moment");
    training(rows, "adam_beta2", Decimal.share(), "0.95", "decay of the second moment");
    training(rows, "adam_epsilon", Decimal.above(0), "1e-8", "added to the denominator");
    training(
        rows,
        "weight_decay",
        Decimal.atLeast(0),
        "0.1",
        "decoupled in adamw, else added to the gradient");
    training(rows, "momentum", Decimal.share(), "0", "of sgd; 0 for none");
    training(rows, "max_grad_norm", Decimal.atLeast(0), "1.0", "clipping norm; 0 for no clipping");
    training(rows, "label_smoothing_factor", Decimal.share(), "0", "share spread over all tokens");
    training(rows, "lora_rank", Whole.between(1, 65_536), "8", "rank of the adapters");
    training(rows, "lora_alpha", Decimal.above(0), "32", "adapters are scaled by alpha / rank");
    training(rows, "lora_dropout", Decimal.share(), "0", "dropout before the adapters");
    training(
        rows,
        "target_modules",
        new Several(new Text("[A-Za-z0-9_.-]+", "a module name such as q_proj, or all-linear")),
        "all-linear",
        "the linear layers that get an adapter");
    variants(rows);
    rows.optional(
        SpecKeys.TRAINING + Hyperparameters.INIT_ADAPTER,
        new Structure("a path"),
        "directory of a PEFT adapter to start from; what the keys above leave out comes from it");
    training(rows, "max_length", Whole.between(2, 1_048_576), "2048", "longest row in tokens");
    training(
        rows,
        "truncation_strategy",
        Choice.of("delete", "left", "right"),
        "delete",
        "what becomes of a longer row: dropped, or cut at one end");
    training(
        rows,
        "seed",
        Whole.between(0, Long.MAX_VALUE),
        "42",
        "seed of the adapter's first weights");
    training(
        rows,
        Hyperparameters.TORCH_DTYPE,
        Choice.of("float32", "bfloat16", "auto").orLater("float16"),
        "auto",
        "what the frozen base is kept in; auto: bfloat16 where its config says so, else float32");
    training(
        rows,
        "gradient_checkpointing",
        FLAG,
        "false",
        "keeps less of each pass and computes it a second time");
  }

  private static void schedule(KeyRows rows) {
    training(
        rows,
        "warmup_start_factor",
        new Decimal(0, true, 1, true),
        "0",
        "share of the peak at the first update of the warm-up");
    training(rows, "min_lr", Decimal.atLeast(0), "0", "where a falling rate ends");
    training(rows, "min_lr_rate", Decimal.share(), "0", "the same as a share of the peak");
    training(
        rows,
        "step_size",
        Whole.between(0, Integer.MAX_VALUE),
        "0",
        "for step: updates between two steps; 0 for a third of those after the warm-up");
    training(rows, "gamma", Decimal.above(0), "0.1", "for step: factor of each step");
    training(
        rows,
        "num_decay_steps",
        Whole.between(0, Integer.MAX_VALUE),
        "0",
        "for warmup_stable_decay: updates of the decay, instead of decay_ratio when above 0");
    training(
        rows,
        "decay_ratio",
        new Decimal(0, true, 1, true),
        "0.1",
        "for warmup_stable_decay: share of the updates after the warm-up, rounded up");
    training(
        rows,
        "decay_type",
        Choice.of("linear", "cosine", "sqrt"),
        "linear",
        "for warmup_stable_decay: shape of the decay; sqrt is 1 - sqrt(progress)");
    training(
        rows,
        "lr_sequence",
        new Several(SchedulerTexts.PHASE),
        "constant",
        "for sequence: schedules one after another, the last to the end");
  }

  private static void variants(KeyRows rows) {
    training(rows, "rank_pattern", new Pairs(Whole.between(1, 65_536)), "{}", "ranks of modules");
    training(rows, "alpha_pattern", new Pairs(Decimal.above(0)), "{}", "alphas of modules");
    training(rows, "use_rslora", FLAG, "false", "scale by alpha / sqrt(rank)");
    training(rows, "use_dora", FLAG, "false", "weight-decomposed adapters");
    training(rows, "lorap_lr_ratio", Decimal.above(0), "1", "LoRA+: learning rate of B over A's");
    training(
        rows,
        "layerwise_lr_decay",
        new Decimal(0, false, 1, true),
        "1",
        "each layer's learning rate over that of the layer above it");
  }

  private static void steps(KeyRows rows) {
    Whole updates = Whole.between(1, 1_000_000);
    rows.optional(
        "training.eval_steps",
        updates,
        "updates between evaluations, instead of epochs; with pruning, beside them");
    rows.optional("training.save_steps", updates, "updates between checkpoints of the weights");
    training(rows, "save_total_limit", COUNT, "2", "checkpoints kept of a trial: best and last");
    training(rows, "logging_steps", updates, "5", "updates between lines of a trial's log");
  }

  private static void training(
      KeyRows rows, String name, ValueType type, String standard, String meaning) {
    rows.key(SpecKeys.TRAINING + name, type, standard, meaning);
  }
}
