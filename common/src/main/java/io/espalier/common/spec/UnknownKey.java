package io.espalier.common.spec;

import java.util.List;
import java.util.Optional;

/** What to say of a key that is not in the table. */
final class UnknownKey {
  private UnknownKey() {}

  static String advice(String section, String name) {
    List<String> known = SpecKeys.namesIn(section);
    Optional<SpecKey> elsewhere =
        SpecKeys.all().stream().filter(key -> key.name().equals(name)).findFirst();
    if (elsewhere.isPresent()) {
      String home = elsewhere.get().section();
      return "does not belong here; expected it %s; move it there"
          .formatted(home.isEmpty() ? "at the top" : "under " + home);
    }
    String keys = section.isEmpty() ? "a key of a specification" : "a key of " + section;
    return NearestWord.of(name, known)
        .map(near -> "unknown key; expected %s; did you mean %s?".formatted(keys, near))
        .orElse("unknown key; expected one of %s; remove it".formatted(String.join(", ", known)));
  }
}
