package io.espalier.common.spec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads {@code dataset}. */
record DatasetSection(SpecTree tree, Problems problems, SpecFiles files) {
  private static final String EVAL = "dataset.eval";
  private static final String REPLACE = "dataset.replace";

  DatasetSpec read() {
    OptionalDouble fraction = evalFraction();
    return new DatasetSpec(
        files.rows("dataset.train"),
        fraction.isPresent() ? List.of() : files.rows(EVAL),
        fraction,
        files.rows("dataset.retention"),
        tree.written("dataset.system"),
        replace(),
        tree.flag("dataset.shuffle"),
        tree.written("dataset.order_by").map(Curriculum::parse),
        tree.whole("dataset.data_seed"),
        tree.text("dataset.on_bad_sample").equals("skip"));
  }

  private OptionalDouble evalFraction() {
    if (tree.node(EVAL).isEmpty()
        || !(tree.node(EVAL).get() instanceof ScalarNode scalar)
        || !scalar.isPlain()
        || !ValueType.Decimal.isNumber(scalar.getValue())) {
      return OptionalDouble.empty();
    }
    double fraction = Double.parseDouble(scalar.getValue());
    if (!(fraction > 0 && fraction < 1)) {
      tree.problem(
          EVAL,
          "%s is no share; expected %s; 0.1 splits off a tenth of the training rows"
              .formatted(Problems.quote(scalar.getValue()), SpecKeys.get(EVAL).type().expected()));
    }
    return OptionalDouble.of(fraction);
  }

  private Map<String, List<String>> replace() {
    var replace = new LinkedHashMap<String, List<String>>();
    tree.entries(REPLACE)
        .forEach(
            (name, entry) -> {
              String path = REPLACE + "." + Problems.quote(name);
              if (!name.matches("[A-Za-z0-9_]+")) {
                problems.add(
                    entry.key(),
                    path,
                    "is no placeholder; expected letters, digits and '_'; write it without"
                        + " braces");
              }
              replace.put(name, values(path, entry.value()));
            });
    return replace;
  }

  /** One text, or a pair for zh and en. */
  private List<String> values(String path, Node value) {
    var texts = new ArrayList<String>();
    List<Node> nodes = value instanceof SequenceNode list ? list.getValue() : List.of(value);
    for (Node node : nodes) {
      if (node instanceof ScalarNode scalar && !Scalars.isNull(node)) {
        texts.add(scalar.getValue());
      }
    }
    if (texts.size() != nodes.size()
        || texts.size() > 2
        || texts.size() != (value instanceof SequenceNode ? 2 : 1)) {
      problems.add(value, path, "does not fit; expected a text or a pair [zh, en]; write one");
    }
    return texts;
  }
}
