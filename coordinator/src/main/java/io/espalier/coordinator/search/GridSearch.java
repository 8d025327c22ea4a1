package io.espalier.coordinator.search;

import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every combination of the listed values once, the last key fastest. */
final class GridSearch {
  private GridSearch() {}

  static List<Map<String, String>> points(SearchSpec search) {
    List<Map<String, String>> points = List.of(Map.of());
    for (var key : search.space().entrySet()) {
      if (!(key.getValue() instanceof Candidates.Values listed)) {
        throw new IllegalArgumentException(key.getKey() + " lists no values for a grid");
      }
      Optional<SearchSpec.Condition> condition =
          Optional.ofNullable(search.conditions().get(key.getKey()));
      var longer = new ArrayList<Map<String, String>>();
      for (Map<String, String> point : points) {
        if (condition.isPresent() && !condition.get().holds(point)) {
          longer.add(point);
          continue;
        }
        for (String value : listed.values()) {
          var next = new LinkedHashMap<>(point);
          next.put(key.getKey(), value);
          longer.add(next);
        }
      }
      points = longer;
    }
    return points;
  }
}
