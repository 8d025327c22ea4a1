package io.espalier.examples.basemodel.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;

/**
 * GPT-2's printable characters for the 256 bytes: printable Latin-1 stands for itself, every other
 * byte for a character from U+0100 on.
 */
final class ByteAlphabet {
  private static final char[] CHARACTERS = characters();

  private ByteAlphabet() {}

  /** A text's UTF-8 bytes, a character each. */
  static String encode(String text) {
    var encoded = new StringBuilder();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      encoded.append(CHARACTERS[value & 0xff]);
    }
    return encoded.toString();
  }

  /** The character of a byte, 0 to 255. */
  static String of(int value) {
    return String.valueOf(CHARACTERS[value]);
  }

  private static char[] characters() {
    var characters = new char[256];
    char next = 256;
    for (int value = 0; value < characters.length; value++) {
      characters[value] = printable(value) ? (char) value : next++;
    }
    return characters;
  }

  private static boolean printable(int value) {
    return IntStream.of('!', 0xA1, 0xAE).anyMatch(from -> value >= from && value <= last(from));
  }

  private static int last(int from) {
    return switch (from) {
      case '!' -> '~';
      case 0xA1 -> 0xAC;
      default -> 0xFF;
    };
  }
}
