package io.espalier.common.spec;

import io.espalier.common.spec.ValueType.Section;
import io.espalier.common.spec.ValueType.Structure;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A specification held against the table of its keys. What does not fit is noted as a problem and
 * reads as if it had been left out.
 */
final class SpecTree {
  private final Problems problems;
  private final MappingNode root;
  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Node> places = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();
  private final Set<String> off = new HashSet<>();

  /** A key of a mapping with its value. */
  record Entry(Node key, Node value) {}

  private SpecTree(MappingNode root, Problems problems) {
    this.root = root;
    this.problems = problems;
    section("", root);
  }

  /** A part of a specification, in which no key is required. */
  static SpecTree part(MappingNode root, Problems problems) {
    return new SpecTree(root, problems);
  }

  /** The same keys read from another mapping, as if it stood under a section. */
  SpecTree under(String section, MappingNode mapping) {
    var tree = new SpecTree(new MappingNode(Tag.MAP, List.of(), FlowStyle.BLOCK), problems);
    tree.nodes.put(section, mapping);
    tree.places.put(section, mapping);
    tree.section(section, mapping);
    return tree;
  }

  static SpecTree whole(MappingNode root, Problems problems) {
    var tree = new SpecTree(root, problems);
    tree.complainOfMissing();
    return tree;
  }

  private void complainOfMissing() {
    SpecKeys.all().stream()
        .filter(key -> key.required() && !nodes.containsKey(key.path()))
        .forEach(
            key ->
                problem(
                    key.path(),
                    "is missing; expected %s: %s; add it"
                        .formatted(key.type().expected(), key.meaning())));
  }

  /** One value as text: what was written, else its default. Absent when there is neither. */
  Optional<String> written(String path) {
    return Optional.ofNullable(texts.get(path)).or(SpecKeys.get(path)::standard);
  }

  /** A value that has a default. */
  String text(String path) {
    return written(path).orElseThrow(() -> new IllegalArgumentException(path + " has no default"));
  }

  long whole(String path) {
    return Long.parseLong(text(path));
  }

  double decimal(String path) {
    return Double.parseDouble(text(path));
  }

  boolean flag(String path) {
    return Boolean.parseBoolean(text(path));
  }

  /** The value of a key as written, of the right kind. */
  Optional<Node> node(String path) {
    return Optional.ofNullable(nodes.get(path));
  }

  /** Whether a rule, and the section it stands in, is switched on. */
  boolean on(String rule) {
    SpecKey key = SpecKeys.get(rule);
    boolean on =
        nodes.containsKey(rule) ? !off.contains(rule) : key.standard().equals(Optional.of("on"));
    return on && (key.section().isEmpty() || on(key.section()));
  }

  /** Notes a problem at the key, or where it is missing. */
  void problem(String path, String sentence) {
    String place = path;
    while (!places.containsKey(place) && !place.isEmpty()) {
      place = place.contains(".") ? place.substring(0, place.lastIndexOf('.')) : "";
    }
    problems.add(places.getOrDefault(place, root), path, sentence);
  }

  /** The keys of a mapping with their values; notes keys that are there twice or are no words. */
  Map<String, Entry> entries(String path, MappingNode mapping) {
    var entries = new LinkedHashMap<String, Entry>();
    for (var pair : mapping.getValue()) {
      var entry = new Entry(pair.getKeyNode(), pair.getValueNode());
      if (!(entry.key() instanceof ScalarNode word)) {
        problems.add(
            entry.key(), path, "has a key that is no word; expected a name; write one instead");
        continue;
      }
      Entry first = entries.putIfAbsent(word.getValue(), entry);
      if (first != null) {
        problems.add(
            entry.key(),
            below(path, Problems.quote(word.getValue())),
            "is there twice, first on line %d; expected it once; remove one"
                .formatted(Problems.line(first.key())));
      }
    }
    return entries;
  }

  /** The mapping under a structured key; empty when the key was left out. */
  Map<String, Entry> entries(String path) {
    Optional<Node> node = node(path);
    if (node.isEmpty()) {
      return Map.of();
    }
    if (node.get() instanceof MappingNode mapping) {
      return entries(path, mapping);
    }
    problem(
        path,
        "has no keys below it; expected %s; write them"
            .formatted(SpecKeys.get(path).type().expected()));
    return Map.of();
  }

  Scalars scalars() {
    return new Scalars(problems);
  }

  private void section(String path, MappingNode mapping) {
    entries(path, mapping)
        .forEach(
            (name, entry) -> {
              Optional<SpecKey> known = SpecKeys.find(below(path, name));
              if (known.isPresent()) {
                places.put(known.get().path(), entry.key());
                value(known.get(), entry.value());
              } else {
                problems.add(
                    entry.key(), below(path, Problems.quote(name)), UnknownKey.advice(path, name));
              }
            });
  }

  private void value(SpecKey key, Node value) {
    String path = key.path();
    if (Scalars.isNull(value)) {
      problems.add(
          value,
          path,
          "has no value; expected %s; give one or remove the key".formatted(key.type().expected()));
    } else if (key.type() instanceof Section && value instanceof MappingNode below) {
      nodes.put(path, value);
      section(path, below);
    } else if (key.type() instanceof Section) {
      if (scalars().read(key, path, value).isPresent()) {
        nodes.put(path, value);
        off.add(path);
      }
    } else if (key.type() instanceof Structure && key.supported()) {
      nodes.put(path, value);
    } else {
      scalars()
          .read(key, path, value)
          .ifPresent(
              text -> {
                nodes.put(path, value);
                texts.put(path, text);
              });
    }
  }

  private static String below(String section, String name) {
    return section.isEmpty() ? name : section + "." + name;
  }
}
