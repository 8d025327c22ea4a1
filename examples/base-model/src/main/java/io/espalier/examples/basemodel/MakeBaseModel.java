package io.espalier.examples.basemodel;

import ai.djl.Device;
import io.espalier.common.UserError;
import io.espalier.common.trial.Training;
import io.espalier.examples.basemodel.corpus.Corpus;
import io.espalier.examples.basemodel.tokenizer.BpeTrainer;
import io.espalier.examples.basemodel.tokenizer.Vocabulary;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.DatasetReader;
import io.espalier.worker.data.ModelFingerprint;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Safetensors;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The whole recipe: corpus, tokenizer, random weights, pre-training, figures. Writes {@code
 * models/tiny-qwen2} and {@code data/general.jsonl} of the examples folder.
 */
public final class MakeBaseModel {
  static final long SEED = 42;

  /** Held-out questions kept for retention: enough that one is a percent. */
  private static final int RETENTION_ROWS = 100;

  private static final ModelShape SHAPE = new ModelShape(2048, 128, 384, 4, 4, 2);
  private static final String WEIGHTS = "model.safetensors";

  /** Seen as a target at least so often in every epoch. */
  private static final int SEEN = 3;

  private final ExampleFiles files;
  private final PrintStream out;

  private MakeBaseModel(ExampleFiles files, PrintStream out) {
    this.files = files;
    this.out = out;
  }

  /**
   * @param arguments the examples folder, and a folder for what is not kept
   */
  public static void main(String[] arguments) throws IOException {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var files = new ExampleFiles(Path.of(arguments[0]), Path.of(arguments[1]));
    try {
      new MakeBaseModel(files, out).make();
    } catch (UserError e) {
      out.println(e.getMessage());
      System.exit(1);
    }
  }

  private void make() throws IOException {
    long started = System.nanoTime();
    writeCorpusAndRandomModel();
    try (ChatTokenizer tokenizer = ChatTokenizer.open(files.randomModel()).orElseThrow()) {
      var reader =
          new DatasetReader(Optional.of(tokenizer), ModelFingerprint.of(files.randomModel()));
      Training training = Pretraining.training(SEED);
      TokenizedDataset pretraining = reader.read(files.pretraining(), training);
      TokenizedDataset finetuning = reader.read(files.finetuning(), training);
      checkCoverage(tokenizer, pretraining, finetuning);
      writeModel(pretrain(tokenizer, pretraining, training));
      Figures figures = examine(tokenizer, pretraining, finetuning);
      double minutes = (System.nanoTime() - started) / 60e9;
      String card = figures.card(SHAPE, pretraining.summary(), training, minutes);
      Files.writeString(files.model().resolve("README.md"), card);
      out.println(card);
      figures.require();
    }
  }

  private void writeCorpusAndRandomModel() throws IOException {
    Files.createDirectories(files.work());
    Corpus corpus = Corpus.generate(SEED, files.alphabet());
    JsonLines.write(files.corpus(), corpus.training());
    JsonLines.write(files.heldOutGeneral(), corpus.general());
    JsonLines.write(files.general(), corpus.general().subList(0, RETENTION_ROWS));
    JsonLines.write(
        files.heldOutIdentity(), corpus.identity().stream().map(ExampleFiles::keyword).toList());
    Vocabulary vocabulary =
        BpeTrainer.train(corpus.text(), SHAPE.vocabulary(), ModelDirectory.SPECIAL);
    for (Path model : List.of(files.randomModel(), files.model())) {
      new ModelDirectory(model).writeConfigs(SHAPE, vocabulary);
    }
    Bfloat16File.write(files.randomModel().resolve(WEIGHTS), RandomWeights.draw(SHAPE, SEED));
    out.printf(
        "%d dialogues, %d general and %d identity questions held out; %d parameters%n",
        corpus.training().size(),
        corpus.general().size(),
        corpus.identity().size(),
        SHAPE.parameters());
  }

  private void checkCoverage(
      ChatTokenizer tokenizer, TokenizedDataset pretraining, TokenizedDataset finetuning) {
    var rows = new ArrayList<TokenRow>(finetuning.train());
    finetuning.evaluation().forEach(set -> rows.addAll(set.rows()));
    TargetCoverage wanted = TargetCoverage.of(rows);
    TargetCoverage seen = TargetCoverage.of(pretraining.train());
    out.printf(
        "%d of %d tokens are targets; fine-tuning wants %d%n",
        seen.counts().size(), SHAPE.vocabulary(), wanted.counts().size());
    Set<Integer> rare = seen.missing(wanted, SEEN);
    if (!rare.isEmpty()) {
      throw new UserError(
          "these tokens of the examples' answers are pre-training targets fewer than %d times: %s"
              .formatted(SEEN, rare.stream().map(id -> tokenizer.decode(new int[] {id})).toList()));
    }
  }

  private Path pretrain(ChatTokenizer tokenizer, TokenizedDataset data, Training training) {
    try (BaseModel random = BaseModel.load(files.randomModel(), Device.cpu())) {
      return new Pretraining(files.pretraining(), files.work(), out)
          .run(random, tokenizer, data, training);
    }
  }

  /** Rounds the trained weights to bfloat16. */
  private void writeModel(Path trained) throws IOException {
    Safetensors stored = Safetensors.ofModel(trained);
    var weights = new ArrayList<Weight>();
    SHAPE
        .weights()
        .forEach(
            (name, shape) -> {
              long[] sizes = Arrays.stream(shape).asLongStream().toArray();
              var values = new float[ModelShape.elements(shape)];
              stored.floats(name, sizes).get(values);
              weights.add(new Weight(name, shape, values));
            });
    Bfloat16File.write(files.model().resolve(WEIGHTS), weights);
  }

  /** The model as written: on all held-out questions, and on those kept for the examples. */
  private Figures examine(
      ChatTokenizer tokenizer, TokenizedDataset pretraining, TokenizedDataset finetuning) {
    try (BaseModel model = BaseModel.load(files.model(), Device.cpu())) {
      var spec = files.pretraining().evaluation();
      return new Figures(
          Examination.of(model, tokenizer, spec, pretraining.evaluation()),
          Examination.of(model, tokenizer, spec, finetuning.evaluation()));
    }
  }
}
