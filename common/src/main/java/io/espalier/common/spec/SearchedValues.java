package io.espalier.common.spec;

import io.espalier.common.UserError;
import java.util.List;
import java.util.Map;

/** Values of searched keys that are told apart from a spec. */
public final class SearchedValues {
  private SearchedValues() {}

  /**
   * Checks names and values as they are checked in a spec.
   *
   * @param values by key of {@code training}, as written
   * @throws UserError that names key and value, what was expected and what to do
   */
  public static void check(Map<String, List<String>> values) {
    if (values.isEmpty()) {
      throw new UserError(
          "There are no values to try; expected a key of training with some, such as"
              + " learning_rate=3e-4,1e-3.");
    }
    values.forEach(SearchedValues::check);
  }

  private static void check(String name, List<String> values) {
    SpecKey key =
        SpecKeys.find(SpecKeys.TRAINING + name)
            .filter(found -> SearchSection.isSearched(name))
            .orElseThrow(() -> unknown(name));
    if (values.isEmpty()) {
      throw new UserError("%s has no value; expected %s".formatted(name, key.type().expected()));
    }
    for (String value : values) {
      key.type()
          .problem(value)
          .ifPresent(
              problem -> {
                throw new UserError(
                    "%s: %s %s; expected %s"
                        .formatted(name, Problems.quote(value), problem, key.type().expected()));
              });
    }
  }

  private static UserError unknown(String name) {
    List<String> known =
        SpecKeys.namesIn("training").stream().filter(SearchSection::isSearched).toList();
    return new UserError(
        "%s cannot be searched; expected a key of training; %s"
            .formatted(
                Problems.quote(name),
                NearestWord.of(name, known)
                    .map(near -> "did you mean " + near + "?")
                    .orElse("there are " + String.join(", ", known))));
  }
}
