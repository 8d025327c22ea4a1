package io.espalier.examples.basemodel.tokenizer;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Byte-pair encoding (Sennrich et al. 2016): merges the pair of neighbours that occurs most often
 * in the training text, again and again. Made for a text with a few thousand different pieces: it
 * counts all pairs anew for each merge.
 */
public final class BpeTrainer {
  private static final Comparator<Map.Entry<Pair, Integer>> MOST_FREQUENT =
      Map.Entry.<Pair, Integer>comparingByValue()
          .thenComparing(Map.Entry::getKey, Comparator.reverseOrder());

  private final List<Piece> pieces = new ArrayList<>();

  private BpeTrainer(Collection<String> texts) {
    var counts = new TreeMap<String, Integer>();
    for (String text : texts) {
      for (String piece : PreTokenizer.split(Normalizer.normalize(text, Normalizer.Form.NFC))) {
        counts.merge(ByteAlphabet.encode(piece), 1, Integer::sum);
      }
    }
    counts.forEach((piece, count) -> pieces.add(new Piece(symbols(piece), count)));
  }

  /**
   * @param size tokens in all, the 256 bytes and the special ones included
   * @param special tokens that get the highest ids, in their order
   * @throws IllegalArgumentException when the texts hold too few pairs for so many tokens
   */
  public static Vocabulary train(Collection<String> texts, int size, List<String> special) {
    var trainer = new BpeTrainer(texts);
    // A set: two ways of merging may lead to the same token.
    var tokens = new LinkedHashSet<String>();
    for (int value = 0; value < 256; value++) {
      tokens.add(ByteAlphabet.of(value));
    }
    var merges = new ArrayList<Pair>();
    while (tokens.size() + special.size() < size) {
      Pair pair = trainer.mostFrequent();
      merges.add(pair);
      tokens.add(pair.merged());
      trainer.pieces.forEach(piece -> piece.merge(pair));
    }
    return new Vocabulary(List.copyOf(tokens), merges, special);
  }

  /** Of equally frequent pairs the first by text, so that the outcome does not hang on hashing. */
  private Pair mostFrequent() {
    var counts = new HashMap<Pair, Integer>();
    for (Piece piece : pieces) {
      for (int i = 0; i + 1 < piece.symbols.size(); i++) {
        var pair = new Pair(piece.symbols.get(i), piece.symbols.get(i + 1));
        counts.merge(pair, piece.count, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .max(MOST_FREQUENT)
        .orElseThrow(() -> new IllegalArgumentException("the text has too few pairs to merge"))
        .getKey();
  }

  private static List<String> symbols(String piece) {
    return new ArrayList<>(piece.chars().mapToObj(Character::toString).toList());
  }

  /** A piece of text that occurs {@code count} times, as its tokens so far. */
  private record Piece(List<String> symbols, int count) {
    void merge(Pair pair) {
      for (int i = 0; i + 1 < symbols.size(); i++) {
        if (symbols.get(i).equals(pair.left()) && symbols.get(i + 1).equals(pair.right())) {
          symbols.set(i, pair.merged());
          symbols.remove(i + 1);
        }
      }
    }
  }

  /** Two neighbouring tokens. */
  record Pair(String left, String right) implements Comparable<Pair> {
    String merged() {
      return left + right;
    }

    @Override
    public int compareTo(Pair other) {
      int byLeft = left.compareTo(other.left);
      return byLeft != 0 ? byLeft : right.compareTo(other.right);
    }
  }
}
