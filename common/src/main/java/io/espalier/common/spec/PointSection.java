package io.espalier.common.spec;

import io.espalier.common.spec.SearchSpec.Condition;
import io.espalier.common.spec.SearchSpec.RateScaling;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads what {@code search} says of single points: listed ones, and what all must be like. */
record PointSection(SpecTree tree, Problems problems) {
  static final String WHEN = "when";
  private static final String CONSTRAINTS = "search.constraints";

  /**
   * @param keys which may be searched
   */
  List<Map<String, String>> points(SearchSection keys) {
    var points = new ArrayList<Map<String, String>>();
    for (Node element : elements(SearchSection.POINTS, "points")) {
      String path = "%s[%d]".formatted(SearchSection.POINTS, points.size());
      if (!(element instanceof MappingNode mapping)) {
        problems.add(element, path, "is no point; expected {key: value, ...}; write it in braces");
        continue;
      }
      var point = new LinkedHashMap<String, String>();
      tree.entries(path, mapping)
          .forEach(
              (name, entry) ->
                  keys.key(path, name, entry.key())
                      .flatMap(key -> tree.scalars().read(key, path + "." + name, entry.value()))
                      .ifPresent(value -> point.put(name, value)));
      points.add(point);
    }
    return points;
  }

  /** What the space has under {@code when}, by key. */
  Map<String, Condition> conditions() {
    var conditions = new LinkedHashMap<String, Condition>();
    Set<String> before = new HashSet<>();
    tree.entries(SearchSection.SPACE)
        .forEach(
            (name, entry) -> {
              if (entry.value() instanceof MappingNode mapping) {
                String path = SearchSection.SPACE + "." + Problems.quote(name);
                Optional.ofNullable(tree.entries(path, mapping).get(WHEN))
                    .flatMap(when -> condition(path + "." + WHEN, when.value(), before))
                    .ifPresent(condition -> conditions.put(name, condition));
              }
              before.add(name);
            });
    return conditions;
  }

  private Optional<Condition> condition(String path, Node given, Set<String> before) {
    Map<String, SpecTree.Entry> entries =
        given instanceof MappingNode mapping ? tree.entries(path, mapping) : Map.of();
    if (entries.size() != 1) {
      problems.add(
          given, path, "is no condition; expected {other_key: value} or {other_key: [values]}");
      return Optional.empty();
    }
    var only = entries.entrySet().iterator().next();
    String key = only.getKey();
    if (!before.contains(key)) {
      problems.add(
          only.getValue().key(),
          path + "." + Problems.quote(key),
          "is not searched before this key; expected a key of search.space above it");
      return Optional.empty();
    }
    Node value = only.getValue().value();
    var values = new ArrayList<String>();
    for (Node one : value instanceof SequenceNode list ? list.getValue() : List.of(value)) {
      SpecKeys.find(SpecKeys.TRAINING + key)
          .flatMap(known -> tree.scalars().read(known, path + "." + key, one))
          .ifPresent(values::add);
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(new Condition(key, values));
  }

  List<PointRule> constraints() {
    var rules = new ArrayList<PointRule>();
    if (tree.node(CONSTRAINTS).isEmpty()) {
      return rules;
    }
    for (Node element : elements(CONSTRAINTS, "expressions")) {
      String text = element instanceof ScalarNode scalar ? scalar.getValue() : "";
      Optional<String> problem =
          text.isBlank() ? Optional.of("is no expression") : PointRule.problem(text);
      if (problem.isPresent()) {
        problems.add(
            element,
            CONSTRAINTS,
            "%s: %s; expected a comparison such as \"learning_rate * num_train_epochs <= 0.02\"; correct it"
                .formatted(Problems.quote(text), problem.get()));
      } else {
        rules.add(new PointRule(text));
      }
    }
    return rules;
  }

  private List<Node> elements(String path, String what) {
    Optional<Node> node = tree.node(path);
    if (node.isEmpty()) {
      return List.of();
    }
    if (node.get() instanceof SequenceNode list && !list.getValue().isEmpty()) {
      return list.getValue();
    }
    tree.problem(path, "is no list of %s; expected [...] with at least one".formatted(what));
    return List.of();
  }

  Optional<RateScaling> rateScaling() {
    return tree.text("search.scale_learning_rate_with").equals("batch")
        ? Optional.of(RateScaling.valueOf(tree.text("search.scale_rule").toUpperCase(Locale.ROOT)))
        : Optional.empty();
  }
}
