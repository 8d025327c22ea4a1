package io.espalier.worker.node;

import ai.djl.Device;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.InitAdapter;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TorchDtype;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.DatasetReader;
import io.espalier.worker.data.ModelFingerprint;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.lora.InitialAdapter;
import io.espalier.worker.lora.ModuleNames;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.ModelPlaces;
import io.espalier.worker.model.Precision;
import io.espalier.worker.train.Rows;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Base models and tokenized data on one device, each read once and shared by all lanes. Owns the
 * models' tensors; to be closed when no lane uses them any more.
 */
final class Trunks implements AutoCloseable {
  private final Device device;
  private final ModelPlaces places;
  private final Map<ModelKey, Loaded> models = new HashMap<>();
  private final Map<DataKey, TokenizedDataset> data = new HashMap<>();

  Trunks(Device device, ModelPlaces places) {
    this.device = device;
    this.places = places;
  }

  /** A model is there once for each number format that is asked for. */
  private record ModelKey(String model, Optional<TorchDtype> dtype) {}

  /** What reading a data set depends on. */
  private record DataKey(
      String model,
      DatasetSpec dataset,
      int maxLength,
      Training.TruncationStrategy truncation,
      Optional<String> adapter) {}

  private record Loaded(
      BaseModel weights, Optional<ChatTokenizer> tokenizer, ModelFingerprint fingerprint)
      implements AutoCloseable {
    @Override
    public void close() {
      weights.close();
      tokenizer.ifPresent(ChatTokenizer::close);
    }
  }

  /** What a branch grows on. */
  record Trunk(BaseModel model, TokenizedDataset data, Optional<ChatTokenizer> tokenizer) {
    /** The text of generated tokens; data without a tokenizer asks no questions. */
    String decode(int[] ids) {
      return tokenizer.map(known -> known.decode(ids)).orElse("");
    }
  }

  /**
   * The model and data of a sweep, read at the first call.
   *
   * @throws io.espalier.common.UserError naming what in the files cannot be used
   */
  synchronized Trunk trunk(TaskSettings settings, Training training) {
    Loaded model =
        models.computeIfAbsent(new ModelKey(settings.model(), training.torchDtype()), this::load);
    TokenizedDataset rows =
        data.computeIfAbsent(
            new DataKey(
                settings.model(),
                settings.dataset(),
                training.maxLength(),
                training.truncationStrategy(),
                training.initAdapter().map(InitAdapter::directory)),
            key ->
                new DatasetReader(model.tokenizer(), fingerprint(model, key))
                    .read(settings, training));
    return new Trunk(model.weights(), rows, model.tokenizer());
  }

  private static ModelFingerprint fingerprint(Loaded model, DataKey key) {
    return key.adapter()
        .map(adapter -> model.fingerprint().with(Path.of(adapter)))
        .orElse(model.fingerprint());
  }

  DatasetSummary prepare(TaskSettings settings, Training training) {
    Trunk trunk = trunk(settings, training);
    Rows.check(trunk.data(), settings.evaluation(), trunk.model().config());
    if (training.trainType() == Training.TrainType.LORA) {
      ModuleNames.check(trunk.model().config(), training.lora());
    }
    training
        .initAdapter()
        .ifPresent(start -> InitialAdapter.read(start, training.lora(), trunk.model().config()));
    return trunk.data().summary();
  }

  private Loaded load(ModelKey key) {
    Path directory = places.find(key.model());
    ModelConfig config = ModelConfig.read(directory);
    ModelFingerprint fingerprint = ModelFingerprint.of(directory);
    Optional<ChatTokenizer> tokenizer = ChatTokenizer.open(directory);
    try {
      Precision precision = Precision.of(key.dtype(), config);
      return new Loaded(
          BaseModel.load(directory, config, precision, device), tokenizer, fingerprint);
    } catch (RuntimeException e) {
      tokenizer.ifPresent(ChatTokenizer::close);
      throw e;
    }
  }

  @Override
  public synchronized void close() {
    models.values().forEach(Loaded::close);
    models.clear();
    data.clear();
  }
}
