package io.espalier.worker.data;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The special tokens that a tokenizer puts around a text: those of tokenizer.json, where
 * tokenizer_config.json's {@code add_bos_token} and {@code add_eos_token} do not say otherwise.
 *
 * @param bos the id of bos_token, where there is one
 * @param eos the id of eos_token, where there is one
 */
record TextFrame(
    Optional<Boolean> addBos, Optional<Boolean> addEos, OptionalInt bos, OptionalInt eos) {

  /**
   * A whole text.
   *
   * @param before tokens that the tokenizer put before it
   * @param after tokens that the tokenizer put behind it
   */
  record Framed(int[] ids, int before, int after) {

    /**
     * @param added 1 for each token that is not of the text
     */
    static Framed of(int[] ids, long[] added) {
      int before = 0;
      while (before < ids.length && added[before] != 0) {
        before++;
      }
      int after = 0;
      while (after < ids.length - before && added[ids.length - 1 - after] != 0) {
        after++;
      }
      return new Framed(ids, before, after);
    }

    private boolean begins(int id) {
      return before > 0 && ids[0] == id;
    }

    boolean ends(int id) {
      return ids.length > 0 && ids[ids.length - 1] == id;
    }
  }

  Framed apply(Framed text) {
    return withEos(withBos(text));
  }

  private Framed withBos(Framed text) {
    if (addBos.isEmpty() || bos.isEmpty() || addBos.get() == text.begins(bos.getAsInt())) {
      return text;
    }
    if (addBos.get()) {
      int[] ids = new int[text.ids().length + 1];
      ids[0] = bos.getAsInt();
      System.arraycopy(text.ids(), 0, ids, 1, text.ids().length);
      return new Framed(ids, text.before() + 1, text.after());
    }
    return new Framed(
        Arrays.copyOfRange(text.ids(), 1, text.ids().length), text.before() - 1, text.after());
  }

  private Framed withEos(Framed text) {
    if (addEos.isEmpty() || eos.isEmpty()) {
      return text;
    }
    boolean there = text.after() > 0 && text.ends(eos.getAsInt());
    if (addEos.get() == there) {
      return text;
    }
    return there
        ? new Framed(
            Arrays.copyOf(text.ids(), text.ids().length - 1), text.before(), text.after() - 1)
        : followed(text, eos.getAsInt());
  }

  private static Framed followed(Framed text, int id) {
    int[] ids = Arrays.copyOf(text.ids(), text.ids().length + 1);
    ids[ids.length - 1] = id;
    return new Framed(ids, text.before(), text.after() + 1);
  }

  /** A text to be learnt ends in eos, once, as TRL and ms-swift have it; where a model has one. */
  Framed learnt(Framed text) {
    return eos.isEmpty() || text.ends(eos.getAsInt()) ? text : followed(text, eos.getAsInt());
  }
}
