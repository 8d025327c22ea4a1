package io.espalier.common.spec;

import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.spec.SearchSpec.Method;
import io.espalier.common.trial.Lora;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads {@code search} and, since they share their values' types, {@code training}. */
record SearchSection(SpecTree tree, Problems problems) {
  static final String SPACE = "search.space";
  private static final String TRIALS = "search.trials";
  static final String POINTS = "search.points";
  static final String REPEATS = "search.repeats";

  /** Of a grid that conditions and constraints thin out. */
  private static final long MOST_CELLS = 1_000_000;

  /** They decide which rows there are, and all trials train on the same rows. */
  private static final Set<String> NOT_SEARCHED =
      Set.of("max_length", "truncation_strategy", Hyperparameters.INIT_ADAPTER);

  /** Whether trials may differ in a key of {@code training}. */
  static boolean isSearched(String name) {
    return !NOT_SEARCHED.contains(name) && !StepsSection.KEYS.contains(name);
  }

  static Hyperparameters training(SpecTree tree, SpecFiles files) {
    var texts = new LinkedHashMap<String, String>();
    for (String name : SpecKeys.namesIn("training")) {
      if (!StepsSection.KEYS.contains(name)) {
        tree.written(SpecKeys.TRAINING + name).ifPresent(text -> texts.put(name, text));
      }
    }
    initAdapter(tree, files, texts);
    String sequence = SpecKeys.TRAINING + "lr_sequence";
    SchedulerTexts.withoutLength(tree.text(sequence))
        .ifPresent(
            phase ->
                tree.problem(
                    sequence,
                    "%s has no length; expected updates or a share in every schedule but the last, such as \"%s 20%%\"; add it"
                        .formatted(phase, phase)));
    return Hyperparameters.of(texts);
  }

  /** What an adapter's shape leaves out of the specification, the adapter itself says. */
  private static void initAdapter(SpecTree tree, SpecFiles files, Map<String, String> texts) {
    String path = SpecKeys.TRAINING + Hyperparameters.INIT_ADAPTER;
    if (tree.node(path).isEmpty()) {
      return;
    }
    if (tree.text("training.train_type").equals("full")) {
      tree.problem(
          path, "there is no adapter in training.train_type: full; expected lora; remove one");
    }
    Lora.SHAPE.stream()
        .filter(name -> tree.node(SpecKeys.TRAINING + name).isEmpty())
        .forEach(texts::remove);
    files.adapter(path).ifPresent(directory -> texts.put(Hyperparameters.INIT_ADAPTER, directory));
  }

  SearchSpec read() {
    Method method = Method.valueOf(tree.text("search.method").toUpperCase(Locale.ROOT));
    boolean listed = method == Method.POINTS;
    Map<String, Candidates> space = listed ? Map.of() : space(method);
    checkWhereTheyAre(method);
    checkDtype(space);
    if (method.draws() && tree.written(TRIALS).isEmpty()) {
      tree.problem(
          TRIALS,
          "is missing; expected how many trials %s search draws; add it"
              .formatted(tree.text("search.method")));
    }
    boolean automatic =
        tree.text("training.gradient_accumulation_steps").equals("auto")
            && !space.containsKey("gradient_accumulation_steps");
    var rules = new PointSection(tree, problems);
    var search =
        new SearchSpec(
            method,
            tree.written(TRIALS).map(Integer::parseInt).orElse(1),
            tree.whole("search.seed"),
            space,
            automatic,
            listed ? rules.points(this) : List.of(),
            listed ? Map.of() : rules.conditions(),
            rules.constraints(),
            rules.rateScaling(),
            (int) tree.whole(REPEATS),
            tree.flag("search.skip_dominated"));
    checkSeeds(search);
    checkLearning(search);
    checkBudget(search);
    return search;
  }

  /** It proposes a trial at a time, when others have long been trained. */
  private void checkLearning(SearchSpec search) {
    if (search.method() == Method.TPE && search.repeats() > 1) {
      tree.problem(REPEATS, "is not for search.method: tpe, which looks at each trial; remove one");
    }
    if (search.method() == Method.TPE && search.rateScaling().isPresent()) {
      tree.problem(
          "search.scale_learning_rate_with",
          "is not for search.method: tpe, whose smallest batch is not known before; remove one");
    }
  }

  private void checkSeeds(SearchSpec search) {
    boolean searched =
        search.space().containsKey(SearchSpec.SEED)
            || search.points().stream().anyMatch(point -> point.containsKey(SearchSpec.SEED));
    if (search.repeats() > 1 && searched) {
      tree.problem(
          REPEATS,
          "gives each point its seeds, but seed is searched already; expected one of both; remove one");
    }
  }

  /** Points are listed under one key, and a space under another. */
  private void checkWhereTheyAre(Method method) {
    String its = method == Method.POINTS ? POINTS : SPACE;
    String others = method == Method.POINTS ? SPACE : POINTS;
    if (tree.node(its).isEmpty()) {
      tree.problem(
          its, "is missing; expected %s; add it".formatted(SpecKeys.get(its).type().expected()));
    }
    if (tree.node(others).isPresent()) {
      tree.problem(
          others,
          "is not for search.method: %s; expected %s; remove one"
              .formatted(tree.text("search.method"), its));
    }
  }

  /** All weights are trained in float32: updates would be lost in what bfloat16 rounds away. */
  private void checkDtype(Map<String, Candidates> space) {
    if (may("train_type", "full", space) && may(Hyperparameters.TORCH_DTYPE, "bfloat16", space)) {
      String path = SpecKeys.TRAINING + Hyperparameters.TORCH_DTYPE;
      tree.problem(
          tree.node(path).isPresent() ? path : SPACE,
          "bfloat16 is for a frozen base, but train_type: full trains every weight; expected float32; remove one");
    }
  }

  /** Whether a trial may have this value of a key. */
  private boolean may(String name, String value, Map<String, Candidates> space) {
    return space.containsKey(name)
        ? space.get(name) instanceof Candidates.Values several && several.values().contains(value)
        : tree.text(SpecKeys.TRAINING + name).equals(value);
  }

  private void checkBudget(SearchSpec search) {
    // What is left out is known once all have been made.
    long most = search.exact() ? tree.whole("budget.max_trials") : MOST_CELLS;
    if (problems.none() && search.size() > most) {
      tree.problem(
          search.method() == Method.GRID
              ? SPACE
              : search.method() == Method.POINTS ? POINTS : TRIALS,
          String.format(
              Locale.ROOT,
              search.exact()
                  ? "makes %,d trials; expected at most budget.max_trials, %,d; try fewer or raise it"
                  : "has %,d cells before constraints; expected at most %,d; try fewer values",
              search.size(),
              most));
    }
  }

  private Map<String, Candidates> space(Method method) {
    var space = new LinkedHashMap<String, Candidates>();
    var entries = tree.entries(SPACE);
    entries.forEach(
        (name, entry) ->
            key(SPACE, name, entry.key())
                .flatMap(key -> candidates(key, entry.value(), method))
                .ifPresent(candidates -> space.put(name, candidates)));
    boolean mapping = tree.node(SPACE).filter(MappingNode.class::isInstance).isPresent();
    if (mapping && entries.isEmpty()) {
      tree.problem(
          SPACE, "is empty; expected at least one key of training with its values; add one");
    }
    return space;
  }

  /**
   * @param section that it stands in
   */
  Optional<SpecKey> key(String section, String name, Node where) {
    Optional<SpecKey> key = SpecKeys.find(SpecKeys.TRAINING + name);
    if (key.isEmpty()) {
      var known = SpecKeys.namesIn("training");
      problems.add(
          where,
          section + "." + Problems.quote(name),
          "cannot be searched; expected a key of training; "
              + NearestWord.of(name, known)
                  .map(near -> "did you mean " + near + "?")
                  .orElse("there are " + String.join(", ", known)));
    } else if (!isSearched(name)) {
      problems.add(
          where,
          section + "." + name,
          "this version cannot search it yet; expected one value for all trials; write it under"
              + " training");
      return Optional.empty();
    }
    return key;
  }

  private Optional<Candidates> candidates(SpecKey key, Node value, Method method) {
    String path = SPACE + "." + key.name();
    if (value instanceof SequenceNode list) {
      return values(key, path, list, method);
    }
    Map<String, SpecTree.Entry> entries =
        value instanceof MappingNode mapping
            ? new LinkedHashMap<>(tree.entries(path, mapping))
            : new LinkedHashMap<>();
    entries.remove(PointSection.WHEN);
    if (entries.size() != 1) {
      problems.add(
          value,
          path,
          "is no set of values; expected a list, or one of {log_uniform: [a, b]}, {uniform: [a,"
              + " b]}, {int: [a, b]}, {choice: [...]}; write it in brackets");
      return Optional.empty();
    }
    var only = entries.entrySet().iterator().next();
    String kind = only.getKey();
    Node given = only.getValue().value();
    String below = path + "." + Problems.quote(kind);
    if (kind.equals("choice") && given instanceof SequenceNode list) {
      return values(key, below, list, method);
    }
    if (method == Method.GRID && !kind.equals("choice")) {
      problems.add(
          value,
          below,
          "has no end of values; a grid expects a list; write one, or set search.method: random");
      return Optional.empty();
    }
    return new RangeValues(problems).read(key, below, kind, given);
  }

  private Optional<Candidates> values(SpecKey key, String path, SequenceNode list, Method method) {
    if (list.getValue().isEmpty()) {
      problems.add(list, path, "is an empty list; expected at least one value; add one");
      return Optional.empty();
    }
    var values = new ArrayList<String>();
    for (Node element : list.getValue()) {
      Optional<String> read = new Scalars(problems).read(key, path, element);
      if (read.isPresent() && method == Method.GRID) {
        Optional<String> twin =
            values.stream().filter(v -> SearchSpec.same(v, read.get())).findFirst();
        twin.ifPresent(
            first ->
                problems.add(
                    element,
                    path,
                    "holds %s twice; each cell of a grid is tried once; remove it"
                        .formatted(Problems.quote(first))));
      }
      read.ifPresent(values::add);
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(new Candidates.Values(values));
  }
}
