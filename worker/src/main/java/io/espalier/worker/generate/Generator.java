package io.espalier.worker.generate;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.espalier.common.UserError;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.Message;
import io.espalier.worker.evaluate.TrainedState;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.model.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A model, with or without an adapter, that answers prompts. Belongs to the thread that opened it,
 * which may use all cores. Owns weights and tokenizer; closing frees them.
 */
public final class Generator implements AutoCloseable {
  private final BaseModel model;
  private final ChatTokenizer tokenizer;
  private final NDManager scope;
  private final TrainedState state;
  private final Set<Integer> ends;

  private Generator(
      BaseModel model, ChatTokenizer tokenizer, Optional<PeftFormat.Adapter> adapter) {
    this.model = model;
    this.tokenizer = tokenizer;
    scope = model.newScope();
    state = TrainedState.of(scope, model, adapter);
    ends = new HashSet<>(model.config().endTokens());
    ends.addAll(tokenizer.eosIds());
  }

  /** A generated answer. */
  public record Answer(String text, int tokens, boolean cutOff) {}

  /**
   * @param directory of a HuggingFace model
   * @param adapter directory in PEFT's layout
   * @param device what computes
   * @throws UserError naming the file and what in it cannot be used
   */
  public static Generator open(Path directory, Optional<Path> adapter, Device device) {
    if (!Files.isDirectory(directory)) {
      throw new UserError("the model %s is not a directory".formatted(directory));
    }
    ModelConfig config = ModelConfig.read(directory);
    if (config.classes() > 0) {
      throw new UserError(
          "%s is a %s model that puts rows in classes: it writes no text; give one that does"
              .formatted(directory, config.modelType()));
    }
    Optional<PeftFormat.Adapter> trained = adapter.map(place -> PeftFormat.read(place, config));
    ChatTokenizer tokenizer =
        ChatTokenizer.open(directory)
            .orElseThrow(
                () ->
                    new UserError(
                        "%s has no tokenizer.json: copy it from the model's source"
                            .formatted(directory)));
    try {
      BaseModel model = BaseModel.load(directory, device);
      Libtorch.prepareThread(Runtime.getRuntime().availableProcessors());
      return new Generator(model, tokenizer, trained);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /**
   * The tokens of a dialogue's beginning, as the model's chat template writes it.
   *
   * @throws UserError when the model has no chat template
   */
  public int[] dialogue(Optional<String> system, String prompt) {
    Message user = Message.user(prompt);
    return tokenizer.prompt(
        system.map(text -> List.of(Message.system(text), user)).orElse(List.of(user)));
  }

  /** The tokens of a text to be continued, as it is. */
  public int[] text(String text) {
    return tokenizer.encode(text);
  }

  /**
   * Continues a prompt until an end token, {@code maxNewTokens} or the model's longest row.
   *
   * @param maxNewTokens ≥ 1
   * @param listener is given the text piece by piece, never a part of a character
   * @throws UserError when the prompt has no token or leaves no room for an answer
   */
  public Answer answer(
      int[] prompt, Sampling sampling, int maxNewTokens, Consumer<String> listener) {
    int limit = Math.min(maxNewTokens, room(prompt));
    Sampler sampler = new Sampler(sampling);
    TextStream stream = new TextStream(tokenizer::decode);
    StringBuilder text = new StringBuilder();
    Consumer<String> tell =
        piece -> {
          text.append(piece);
          listener.accept(piece);
        };
    int made = 0;
    try (NDManager run = scope.newSubManager()) {
      NDArray cache = run.zeros(cacheShape(prompt.length + limit));
      int token = sampler.next(logits(cache, prompt, 0));
      while (!ends.contains(token)) {
        made++;
        tell.accept(stream.add(token));
        if (made == limit) {
          break;
        }
        token = sampler.next(logits(cache, new int[] {token}, prompt.length + made - 1));
      }
    }
    tell.accept(stream.end());
    return new Answer(text.toString(), made, made == limit);
  }

  private int room(int[] prompt) {
    ModelConfig config = model.config();
    if (prompt.length == 0) {
      throw new UserError("the prompt is empty: there is nothing to answer");
    }
    for (int token : prompt) {
      if (token >= config.vocabulary()) {
        throw new UserError(
            "%s: tokenizer.json gives token %d, but config.json's vocabulary has %d; copy both from the model's source"
                .formatted(model.directory(), token, config.vocabulary()));
      }
    }
    int longest = Math.min(config.maxPositions(), config.longestRow().orElse(Integer.MAX_VALUE));
    int room = longest - prompt.length;
    if (room < 1) {
      throw new UserError(
          "the prompt has %d tokens, but the model was made for rows of %d: shorten it"
              .formatted(prompt.length, longest));
    }
    return room;
  }

  private Shape cacheShape(int room) {
    ModelConfig config = model.config();
    return new Shape(2L * config.layers(), 1, config.kvHeads(), room, config.headSize());
  }

  /** The logits after tokens of which the first is the row's {@code place}-th, from 0. */
  private float[] logits(NDArray cache, int[] tokens, int place) {
    long[] ids = new long[tokens.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens[i];
    }
    try (NDManager step = scope.newSubManager()) {
      return state
          .call(
              step,
              "follow",
              step.create(ids, new Shape(1, ids.length)),
              step.create(new long[] {place}),
              cache)
          .head()
          .toFloatArray();
    }
  }

  @Override
  public void close() {
    scope.close();
    model.close();
    tokenizer.close();
  }
}
