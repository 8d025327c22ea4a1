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
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.ModelPlaces;
import io.espalier.worker.model.Precision;
import io.espalier.worker.train.Rows;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Base models and tokenized data on one device, each read once and shared by all lanes while the
 * files stay as they were. Owns the models' tensors; to be closed when no lane uses them any more.
 */
final class Trunks implements AutoCloseable {
  private final Device device;
  private final ModelPlaces places;
  private final ReadablePlaces readable;
  private final SharedCache<ModelKey, Loaded> models;
  private final SharedCache<DataKey, Tokens> data;

  Trunks(Device device, ModelPlaces places, ReadablePlaces readable, Clock clock) {
    this.device = device;
    this.places = places;
    this.readable = readable;
    models = new SharedCache<>(clock, Loaded::close);
    data = new SharedCache<>(clock, rows -> {});
  }

  /** A model is there once for each number format that is asked for. */
  private record ModelKey(Path directory, FileStamps files, Optional<TorchDtype> dtype) {
    boolean outgrows(ModelKey other) {
      return directory.equals(other.directory)
          && dtype.equals(other.dtype)
          && !files.equals(other.files);
    }
  }

  /** What a sweep says of its data. */
  private record Asked(
      String model,
      DatasetSpec dataset,
      int maxLength,
      Training.TruncationStrategy truncation,
      Optional<Path> adapter) {
    static Asked of(TaskSettings settings, Training training) {
      return new Asked(
          settings.model(),
          settings.dataset(),
          training.maxLength(),
          training.truncationStrategy(),
          training.initAdapter().map(InitAdapter::directory).map(Path::of));
    }

    FileStamps files() {
      return FileStamps.of(data());
    }

    List<Path> data() {
      return Stream.of(dataset.train(), dataset.eval(), dataset.retention())
          .flatMap(List::stream)
          .map(source -> Path.of(source.path()))
          .toList();
    }
  }

  /** What reading a data set depends on: a tokenizer and an adapter's fingerprint, too. */
  private record DataKey(
      Asked asked, Path model, FileStamps weights, FileStamps files, Optional<FileStamps> adapter) {
    boolean outgrows(DataKey other) {
      return asked.equals(other.asked) && !equals(other);
    }
  }

  /** Rows with what they were read for. */
  private record Tokens(TokenizedDataset rows, DataKey key) {}

  private record Loaded(
      BaseModel weights, Optional<ChatTokenizer> tokenizer, ModelFingerprint fingerprint)
      implements AutoCloseable {
    @Override
    public void close() {
      weights.close();
      tokenizer.ifPresent(ChatTokenizer::close);
    }
  }

  /** What a branch grows on; not freed before it is closed, which any thread may do. */
  static final class Trunk implements AutoCloseable {
    private final SharedCache.Loan<Loaded> model;
    private final SharedCache.Loan<Tokens> data;

    private Trunk(SharedCache.Loan<Loaded> model, SharedCache.Loan<Tokens> data) {
      this.model = model;
      this.data = data;
    }

    BaseModel model() {
      return model.value().weights();
    }

    TokenizedDataset data() {
      return data.value().rows();
    }

    /** The text of generated tokens; data without a tokenizer asks no questions. */
    String decode(int[] ids) {
      return model.value().tokenizer().map(known -> known.decode(ids)).orElse("");
    }

    @Override
    public void close() {
      data.close();
      model.close();
    }
  }

  /**
   * The model and data of a sweep as the files are now, read when they are not here yet or have
   * changed since.
   *
   * @throws io.espalier.common.UserError naming what in the files cannot be used
   */
  synchronized Trunk trunk(TaskSettings settings, Training training) {
    Asked asked = Asked.of(settings, training);
    asked.data().forEach(readable::check);
    asked.adapter().ifPresent(readable::check);
    Path directory = places.find(settings.model());
    readable.check(directory);
    var modelKey = new ModelKey(directory, FileStamps.ofModel(directory), training.torchDtype());
    var dataKey =
        new DataKey(
            asked,
            directory,
            modelKey.files(),
            asked.files(),
            asked.adapter().map(FileStamps::ofModel));
    SharedCache.Loan<Loaded> model =
        models.borrow(modelKey, modelKey::outgrows, () -> load(modelKey));
    try {
      var reader = new DatasetReader(model.value().tokenizer(), fingerprint(model.value(), asked));
      return new Trunk(
          model,
          data.borrow(
              dataKey,
              dataKey::outgrows,
              () -> new Tokens(reader.read(settings, training), dataKey)));
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /**
   * The model and data that a branch was planned for. Those that are here are it even when others
   * have come into their files since: a sweep ends on what it began with. Not so an adapter that it
   * starts from, which each branch reads for itself.
   *
   * @throws io.espalier.common.UserError naming what in the files cannot be used
   */
  synchronized Trunk trunk(TaskSettings settings, Training training, DatasetSummary planned) {
    return held(Asked.of(settings, training), training.torchDtype(), planned)
        .orElseGet(() -> trunk(settings, training));
  }

  private Optional<Trunk> held(Asked asked, Optional<TorchDtype> dtype, DatasetSummary planned) {
    Optional<FileStamps> adapter = asked.adapter().map(FileStamps::ofModel);
    return data.find(
            (key, tokens) ->
                key.asked().equals(asked)
                    && key.adapter().equals(adapter)
                    && tokens.rows().summary().matches(planned))
        .flatMap(rows -> held(rows, dtype));
  }

  private Optional<Trunk> held(SharedCache.Loan<Tokens> rows, Optional<TorchDtype> dtype) {
    DataKey key = rows.value().key();
    var wanted = new ModelKey(key.model(), key.weights(), dtype);
    Optional<Trunk> found =
        models.find((known, model) -> known.equals(wanted)).map(model -> new Trunk(model, rows));
    if (found.isEmpty()) {
      rows.close();
    }
    return found;
  }

  private static ModelFingerprint fingerprint(Loaded model, Asked asked) {
    return asked.adapter().map(model.fingerprint()::with).orElse(model.fingerprint());
  }

  DatasetSummary prepare(TaskSettings settings, Training training) {
    try (Trunk trunk = trunk(settings, training)) {
      Rows.check(trunk.data(), settings.evaluation(), trunk.model().config());
      if (training.trainType() == Training.TrainType.LORA) {
        ModuleNames.check(trunk.model().config(), training.lora());
      }
      Optional<PeftFormat.Adapter> begun =
          training
              .initAdapter()
              .map(start -> InitialAdapter.read(start, training.lora(), trunk.model().config()));
      return trunk.data().summary().with(BaseScores.of(trunk.model(), begun, trunk.data()));
    }
  }

  private Loaded load(ModelKey key) {
    Path directory = key.directory();
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
    data.close();
    models.close();
  }
}
