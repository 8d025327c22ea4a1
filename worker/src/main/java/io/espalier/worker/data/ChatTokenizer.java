package io.espalier.worker.data;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model's tokenizer and chat template. Dialogues are tokenized piece by piece, cut where an
 * answer begins and ends, so that an answer follows the very tokens that generation is prompted
 * with. Owns a native tokenizer, freed by {@link #close}. Safe for use by several threads.
 */
public final class ChatTokenizer implements AutoCloseable {
  static {
    // DJL else asks the network for files and reports its use when its native library is loaded.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private final Path directory;
  private final HuggingFaceTokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final Set<Integer> eosIds;
  private final AnswerSpans spans;
  private final TextFrame frame;

  private ChatTokenizer(TokenizerFiles files, HuggingFaceTokenizer tokenizer) {
    this.directory = files.directory();
    this.tokenizer = tokenizer;
    this.template = files.chatTemplate();
    this.spans = new AnswerSpans(this::render);
    var eos = new HashSet<>(files.eosTokenIds());
    special(files, "eos_token").ifPresent(eos::add);
    endOfTurn(files.specialTokenIds()).ifPresent(eos::add);
    this.eosIds = Set.copyOf(eos);
    this.frame =
        new TextFrame(
            files.flag("add_bos_token"),
            files.flag("add_eos_token"),
            special(files, "bos_token"),
            special(files, "eos_token"));
  }

  private OptionalInt special(TokenizerFiles files, String name) {
    return Stream.ofNullable(files.specialTokens().get(name))
        .map(this::encode)
        .filter(ids -> ids.length == 1)
        .mapToInt(ids -> ids[0])
        .findFirst();
  }

  /**
   * Reads {@code tokenizer.json}, the chat template and the end tokens of a HuggingFace directory.
   *
   * @return empty when the directory has no {@code tokenizer.json}
   * @throws UserError when a file is broken
   */
  public static Optional<ChatTokenizer> open(Path modelDirectory) {
    var files = new TokenizerFiles(modelDirectory);
    if (!Files.exists(files.tokenizer())) {
      return Optional.empty();
    }
    files.check();
    HuggingFaceTokenizer tokenizer;
    try {
      // The template writes special tokens itself, and rows are cut by max_length, not in here.
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              files.tokenizer(),
              Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new UserError(
          "%s cannot be read as a HuggingFace tokenizer: %s; copy it again from the model's source"
              .formatted(files.tokenizer(), e.getMessage()),
          e);
    }
    try {
      return Optional.of(new ChatTokenizer(files, tokenizer));
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Whether dialogues can be encoded. */
  public boolean hasChatTemplate() {
    return template.isPresent();
  }

  /**
   * A dialogue with the target answers' tokens and their end-of-turn tokens as labels. What follows
   * the last target is left out: it cannot change the loss.
   *
   * @throws UserError when there is no chat template or it refuses the dialogue
   */
  public TokenRow encode(List<Message> messages) {
    String text = render(messages, false);
    var row = new RowInMaking(eosIds);
    int done = 0;
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).target()) {
        AnswerSpans.Span answer = spans.find(messages, i, text);
        row.addBetween(encode(text.substring(done, answer.start())));
        row.addAnswer(encode(text.substring(answer.start(), answer.end())));
        done = answer.end();
      }
    }
    row.addBetween(encode(text.substring(done)));
    return row.finished();
  }

  /**
   * The tokens after which the assistant's answer to {@code messages} is generated.
   *
   * @throws UserError when there is no chat template or it refuses the dialogue
   */
  public int[] prompt(List<Message> messages) {
    return encode(render(messages, true));
  }

  /**
   * Plain text; special tokens written in it are recognised, as transformers' {@code
   * apply_chat_template} recognises those in a message.
   */
  public int[] encode(String text) {
    return ids(tokenizer.encode(text, false, false));
  }

  /** A text with the special tokens that the tokenizer puts around one. */
  TextFrame.Framed framed(String text) {
    Encoding whole = tokenizer.encode(text, true, false);
    return frame.apply(TextFrame.Framed.of(ids(whole), whole.getSpecialTokenMask()));
  }

  /** A text that is learnt to its end: every token is a target. */
  TextFrame.Framed learnt(String text) {
    return frame.learnt(framed(text));
  }

  private static int[] ids(Encoding encoding) {
    return Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
  }

  /** The text of tokens, special tokens left out. */
  public String decode(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
  }

  /** Tokens that end an answer: the files' eos and the template's end of turn. */
  public Set<Integer> eosIds() {
    return eosIds;
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private String render(List<Message> messages, boolean forAnswer) {
    return template
        .orElseThrow(
            () ->
                new UserError(
                    ("%s has no chat template: add chat_template.jinja or tokenizer_config.json with"
                            + " a chat_template, or give rows as input_ids and labels")
                        .formatted(directory)))
        .render(messages, forAnswer);
  }

  /** Base models name another eos than the token their template ends a turn with. */
  private Optional<Integer> endOfTurn(Set<Integer> specialTokenIds) {
    if (template.isEmpty()) {
      return Optional.empty();
    }
    try {
      var dialogue = List.of(Message.user("?"), Message.assistant("!"));
      String text = render(dialogue, false);
      int answer = spans.find(dialogue, 1, text).start();
      return IntStream.of(encode(text.substring(answer)))
          .filter(specialTokenIds::contains)
          .boxed()
          .findFirst();
    } catch (UserError e) {
      // The template wants another kind of dialogue; the rows will tell whether it works.
      return Optional.empty();
    }
  }
}
