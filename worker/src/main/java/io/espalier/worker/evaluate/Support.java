package io.espalier.worker.evaluate;

import java.math.BigDecimal;
import java.text.Normalizer;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whether what an answer states is found in what it was made from: a cheap sign of invention, for
 * numbers in digits and for names in quotation marks.
 */
final class Support {
  private static final Pattern NUMBER = Pattern.compile("\\d+(?:,\\d{3})*(?:\\.\\d+)?");
  private static final Pattern QUOTED =
      Pattern.compile("“([^”]+)”|\"([^\"]+)\"|「([^」]+)」|『([^』]+)』|《([^》]+)》");

  private Support() {}

  /**
   * Whether the answer has a number, by its value, or a quoted name, but for case, punctuation and
   * spaces, that neither the question nor the reference has.
   */
  static boolean isMissing(String question, String reference, String answer) {
    String known = question + "\n" + reference;
    return !numbers(known).containsAll(numbers(answer)) || !quotesAreIn(known, answer);
  }

  private static Set<BigDecimal> numbers(String text) {
    return NUMBER
        .matcher(Normalizer.normalize(text, Normalizer.Form.NFKC))
        .results()
        .map(number -> new BigDecimal(number.group().replace(",", "")).stripTrailingZeros())
        .collect(Collectors.toSet());
  }

  private static boolean quotesAreIn(String known, String answer) {
    String normal = Correctness.normalise(known);
    return QUOTED
        .matcher(answer)
        .results()
        .map(quote -> Correctness.normalise(quote.group()))
        .allMatch(normal::contains);
  }
}
