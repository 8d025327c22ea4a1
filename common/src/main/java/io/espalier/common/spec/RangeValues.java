package io.espalier.common.spec;

import io.espalier.common.spec.SearchSpec.Candidates;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads {@code {log_uniform: [a, b]}} and its kin. */
record RangeValues(Problems problems) {
  private static final List<String> KINDS = List.of("log_uniform", "uniform", "int", "choice");

  Optional<Candidates> read(SpecKey key, String path, String kind, Node given) {
    if (!KINDS.contains(kind)) {
      return refuse(
          given,
          path,
          "unknown kind of range; expected one of %s; %s"
              .formatted(
                  String.join(", ", KINDS),
                  NearestWord.of(kind, KINDS)
                      .map(near -> "did you mean " + near + "?")
                      .orElse("choose one")));
    }
    if (!(given instanceof SequenceNode list)
        || (!kind.equals("choice") && list.getValue().size() != 2)) {
      return refuse(
          given,
          path,
          "does not fit; expected %s; write it in brackets"
              .formatted(kind.equals("choice") ? "a list" : "two bounds [low, high]"));
    }
    boolean whole = key.type() instanceof ValueType.Whole;
    if (!whole && !(key.type() instanceof ValueType.Decimal)) {
      return refuse(given, path, "has bounds, but the key takes words; expected a list; write one");
    }
    if (whole && !kind.equals("int")) {
      return refuse(
          given, path, "draws fractions for a whole number; expected {int: [a, b]}; write that");
    }
    var bounds = new ArrayList<String>();
    for (Node bound : list.getValue()) {
      new Scalars(problems).read(key, path, bound).ifPresent(bounds::add);
    }
    return bounds.size() == 2 ? range(path, kind, given, bounds) : Optional.empty();
  }

  private Optional<Candidates> range(String path, String kind, Node given, List<String> bounds) {
    ValueType numbers =
        kind.equals("int")
            ? ValueType.Whole.between(Long.MIN_VALUE, Long.MAX_VALUE)
            : ValueType.Decimal.ANY;
    for (String bound : bounds) {
      Optional<String> problem = numbers.problem(bound);
      if (problem.isPresent()) {
        return refuse(
            given,
            path,
            "%s %s; expected two numbers [low, high]; correct it"
                .formatted(Problems.quote(bound), problem.get()));
      }
    }
    double low = Double.parseDouble(bounds.get(0));
    double high = Double.parseDouble(bounds.get(1));
    if (low > high || (low == high && !kind.equals("int"))) {
      return refuse(
          given,
          path,
          "%s is not below %s; expected [low, high]; swap them"
              .formatted(bounds.get(0), bounds.get(1)));
    }
    if (kind.equals("log_uniform") && low <= 0) {
      return refuse(given, path, "starts at 0; a logarithm needs more; raise the lower bound");
    }
    return Optional.of(
        switch (kind) {
          case "log_uniform" -> new Candidates.LogUniform(low, high);
          case "uniform" -> new Candidates.Uniform(low, high);
          default ->
              new Candidates.IntRange(Long.parseLong(bounds.get(0)), Long.parseLong(bounds.get(1)));
        });
  }

  private Optional<Candidates> refuse(Node where, String path, String sentence) {
    problems.add(where, path, sentence);
    return Optional.empty();
  }
}
