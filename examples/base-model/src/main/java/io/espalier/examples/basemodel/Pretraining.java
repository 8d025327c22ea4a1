package io.espalier.examples.basemodel;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.train.BranchRun;
import io.espalier.worker.train.Lane;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Trains every weight of the random model on the corpus, as one branch of one trial. */
record Pretraining(TaskSettings settings, Path directory, PrintStream out) {
  private static final int EPOCHS = 16;
  private static final int BATCH = 16;
  private static final int SHOW_EVERY = 100;

  /** Small batches matter: at the same time, batches of 64 rows are far behind. */
  static Training training(long seed) {
    return Hyperparameters.of(
            Map.of(
                "train_type",
                "full",
                "learning_rate",
                "2e-3",
                "num_train_epochs",
                Integer.toString(EPOCHS),
                "per_device_train_batch_size",
                Integer.toString(BATCH),
                "warmup_steps",
                "60",
                "label_smoothing_factor",
                "0.1",
                "max_length",
                "256",
                "seed",
                Long.toString(seed)))
        .training();
  }

  /**
   * @return the trained model's directory, weights in float32
   * @throws UserError when training did not reach its end
   */
  Path run(BaseModel model, ChatTokenizer tokenizer, TokenizedDataset data, Training training) {
    long updates = training.totalUpdates(data.train().size());
    var trial = new TrialId(0);
    var branch =
        new Branch(
            new BranchId(0),
            new TrialConfig(trial, Map.of(), training),
            List.of(new Branch.Milestone(trial, updates)));
    var lease =
        new Lease(
            SweepId.of("base-model", 1),
            new Attempt(1, 1),
            branch,
            settings,
            data.summary(),
            directory.toAbsolutePath().toString());
    var run =
        new BranchRun(
            lease,
            model,
            data,
            tokenizer::decode,
            (update, epoch, samples, tokens, measurement) ->
                show(update, updates, epoch, measurement));
    Lane.train(List.of(run));
    TrialResult result = run.results().get(0);
    return result
        .adapter()
        .map(directory::resolve)
        .orElseThrow(
            () ->
                new UserError(
                    "pre-training ended as %s: %s"
                        .formatted(result.outcome().word(), result.outcome().reason())));
  }

  private void show(long update, long updates, double epoch, Measurement measurement) {
    if (measurement instanceof Measurement.Update row && update % SHOW_EVERY == 0) {
      out.printf(
          "update %d of %d  epoch %.1f  loss %.3f  lr %.2e  gradient norm %.2f  %.0f tokens/s%n",
          update,
          updates,
          epoch,
          row.trainLoss(),
          row.learningRate(),
          row.gradNorm(),
          row.tokensPerSecond());
    } else if (measurement instanceof Measurement.Evaluation row) {
      out.printf("update %d of %d  %s %.3f%n", update, updates, row.name(), row.value());
    }
  }
}
