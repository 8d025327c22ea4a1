package io.espalier.examples.basemodel.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.examples.basemodel.tokenizer.BpeTrainer.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A trained tokenizer. Special tokens have the ids after all others. */
public final class Vocabulary {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> tokens;
  private final List<Pair> merges;
  private final List<String> special;

  Vocabulary(List<String> tokens, List<Pair> merges, List<String> special) {
    this.tokens = List.copyOf(tokens);
    this.merges = List.copyOf(merges);
    this.special = List.copyOf(special);
  }

  /** Tokens in all. */
  public int size() {
    return tokens.size() + special.size();
  }

  /** The id of a special token. */
  public int specialId(String token) {
    return tokens.size() + special.indexOf(token);
  }

  /** Writes HuggingFace's {@code tokenizer.json}. */
  public void write(Path file) throws IOException {
    Files.writeString(
        file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json()) + "\n");
  }

  private ObjectNode json() {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    for (String token : special) {
      root.withArray("added_tokens")
          .addObject()
          .put("id", specialId(token))
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putObject("normalizer").put("type", "NFC");
    ObjectNode cutting = root.putObject("pre_tokenizer").put("type", "Sequence");
    for (String expression : List.of(PreTokenizer.ISOLATED, PreTokenizer.QWEN)) {
      ObjectNode split = cutting.withArray("pretokenizers").addObject().put("type", "Split");
      split.putObject("pattern").put("Regex", expression);
      split.put("behavior", "Isolated").put("invert", false);
    }
    byteLevel(cutting.withArray("pretokenizers").addObject());
    byteLevel(root.putObject("post_processor"));
    byteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocab = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocab.put(tokens.get(id), id);
    }
    for (Pair merge : merges) {
      model.withArray("merges").add(merge.left() + " " + merge.right());
    }
    return root;
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false);
    node.put("trim_offsets", false).put("use_regex", false);
  }
}
