package io.espalier.common.spec;

import io.espalier.common.spec.ValueType.Choice;
import io.espalier.common.spec.ValueType.Pairs;
import io.espalier.common.spec.ValueType.Section;
import io.espalier.common.spec.ValueType.Several;
import io.espalier.common.spec.ValueType.Structure;
import io.espalier.common.spec.ValueType.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads single values as text and notes what does not fit the key's type. */
record Scalars(Problems problems) {

  /** The value as written, when it is one this version can do for the key. */
  Optional<String> read(SpecKey key, String path, Node value) {
    Optional<String> text = text(key.type(), path, value);
    if (text.isEmpty()) {
      return text;
    }
    String written = text.get();
    if (key.type().later(written)) {
      return refuse(value, path, notYet(written, key.type()));
    }
    Optional<String> problem = key.type().problem(written);
    if (problem.isPresent()) {
      return refuse(
          value,
          path,
          "%s %s; expected %s; %s"
              .formatted(
                  Problems.quote(written),
                  problem.get(),
                  key.type().expected(),
                  correction(key, written)));
    }
    if (!key.does(written)) {
      return refuse(
          value,
          path,
          "this version cannot do this yet; expected %s; remove it"
              .formatted(key.standard().map(s -> s + " or no such key").orElse("no such key")));
    }
    return text;
  }

  static boolean isNull(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && List.of("", "~", "null", "Null", "NULL").contains(scalar.getValue());
  }

  private Optional<String> text(ValueType type, String path, Node value) {
    if (value instanceof ScalarNode scalar) {
      if (isNull(value)) {
        return refuse(
            value, path, "has no value; expected %s; give one".formatted(type.expected()));
      }
      boolean words =
          type instanceof Text
              || type instanceof Choice
              || type instanceof Several
              || type instanceof Pairs
              || type instanceof Structure
              || type instanceof Section;
      if (!words && !scalar.isPlain()) {
        return refuse(
            value,
            path,
            "\"%s\" is text in quotes; expected %s; remove the quotes"
                .formatted(Problems.quote(scalar.getValue()), type.expected()));
      }
      return Optional.of(scalar.getValue());
    }
    if (type instanceof Several several && value instanceof SequenceNode list) {
      return joined(several, path, list);
    }
    if (type instanceof Pairs && value instanceof MappingNode mapping) {
      return joined(type, path, mapping);
    }
    if (type instanceof Structure
        && value instanceof MappingNode mapping
        && mapping.getValue().isEmpty()) {
      return Optional.of("{}");
    }
    if (type instanceof Structure) {
      return Optional.of(kind(value));
    }
    boolean candidates = path.startsWith(SpecKeys.TRAINING) && value instanceof SequenceNode;
    return refuse(
        value,
        path,
        "is %s; expected %s; %s"
            .formatted(
                kind(value),
                type.expected(),
                candidates
                    ? "values to try belong under search.space"
                    : "write it as the examples do"));
  }

  private Optional<String> joined(Several type, String path, SequenceNode list) {
    var words = new ArrayList<String>();
    for (Node element : list.getValue()) {
      if (!(element instanceof ScalarNode scalar) || isNull(element)) {
        return refuse(
            element, path, "holds %s; expected %s".formatted(kind(element), type.expected()));
      }
      words.add(scalar.getValue());
    }
    return words.isEmpty()
        ? refuse(list, path, "is an empty list; expected %s; name one".formatted(type.expected()))
        : Optional.of(String.join(", ", words));
  }

  private Optional<String> joined(ValueType type, String path, MappingNode mapping) {
    var pairs = new ArrayList<String>();
    for (NodeTuple pair : mapping.getValue()) {
      if (!(pair.getKeyNode() instanceof ScalarNode name)
          || !(pair.getValueNode() instanceof ScalarNode scalar)
          || isNull(scalar)) {
        return refuse(
            pair.getValueNode(),
            path,
            "holds %s; expected %s".formatted(kind(pair.getValueNode()), type.expected()));
      }
      pairs.add(name.getValue() + ": " + scalar.getValue());
    }
    return Optional.of(pairs.isEmpty() ? Pairs.NONE : String.join(", ", pairs));
  }

  private Optional<String> refuse(Node where, String path, String sentence) {
    problems.add(where, path, sentence);
    return Optional.empty();
  }

  private static String kind(Node value) {
    if (isNull(value)) {
      return "nothing";
    }
    return value instanceof SequenceNode
        ? "a list"
        : value instanceof MappingNode ? "a mapping" : "one value";
  }

  private static String notYet(String written, ValueType type) {
    return "%s is something this version cannot do yet; expected %s; choose one of those"
        .formatted(Problems.quote(written), type.expected());
  }

  private static String correction(SpecKey key, String written) {
    if (key.type() instanceof Choice choice) {
      Optional<String> near = NearestWord.of(written, choice.values());
      if (near.isPresent()) {
        return "did you mean " + near.get() + "?";
      }
    }
    return key.standard().map(s -> "the default is " + s).orElse("correct it");
  }
}
