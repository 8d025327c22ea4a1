package io.espalier.common.spec;

import io.espalier.common.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A specification to be read elsewhere: only YAML so far, none of it looked at.
 *
 * @param yaml its text
 * @param datasets what it says where files of rows are named: their paths as written, without a
 *     sample's size; a share to split off is among them
 */
public record UnreadSpec(String yaml, List<String> datasets) {
  public UnreadSpec {
    datasets = List.copyOf(datasets);
  }

  /**
   * @throws UserError when the file cannot be read or is not YAML
   */
  public static UnreadSpec load(Path file) {
    String yaml = YamlText.load(file);
    Optional<Node> dataset = value(YamlText.compose(yaml, file.toString()), "dataset");
    List<String> datasets =
        Stream.of("train", "eval", "retention")
            .flatMap(key -> dataset.flatMap(section -> value(section, key)).stream())
            .flatMap(UnreadSpec::texts)
            .filter(path -> !path.isBlank())
            .map(RowSource::pathOf)
            .distinct()
            .toList();
    return new UnreadSpec(yaml, datasets);
  }

  /** A value's text, or the texts of a list. */
  private static Stream<String> texts(Node value) {
    Stream<Node> nodes =
        value instanceof SequenceNode list ? list.getValue().stream() : Stream.of(value);
    return nodes.filter(ScalarNode.class::isInstance).map(node -> ((ScalarNode) node).getValue());
  }

  private static Optional<Node> value(Node node, String key) {
    return node instanceof MappingNode mapping
        ? mapping.getValue().stream()
            .filter(e -> e.getKeyNode() instanceof ScalarNode k && k.getValue().equals(key))
            .map(entry -> entry.getValueNode())
            .findFirst()
        : Optional.empty();
  }
}
