package io.espalier.common.spec;

import io.espalier.common.spec.ValueType.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rows of the table of keys while it is filled. */
final class KeyRows {
  private final List<SpecKey> rows = new ArrayList<>();

  List<SpecKey> rows() {
    return List.copyOf(rows);
  }

  void key(String path, ValueType type, String standard, String meaning) {
    rows.add(new SpecKey(path, type, Optional.of(standard), false, true, meaning));
  }

  void optional(String path, ValueType type, String meaning) {
    rows.add(new SpecKey(path, type, Optional.empty(), false, true, meaning));
  }

  void required(String path, ValueType type, String meaning) {
    rows.add(new SpecKey(path, type, Optional.empty(), true, true, meaning));
  }

  /** Known, but not done by this version. */
  void later(String path, ValueType type, String only, String meaning) {
    var standard = only.isEmpty() ? Optional.<String>empty() : Optional.of(only);
    rows.add(new SpecKey(path, type, standard, false, false, meaning));
  }

  void section(String path, String meaning) {
    optional(path, new Section(false), meaning);
  }

  void rule(String path, String standard, String meaning) {
    key(path, new Section(true), standard, meaning);
  }
}
