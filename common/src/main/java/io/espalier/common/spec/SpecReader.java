package io.espalier.common.spec;

import io.espalier.common.UserError;
import java.nio.file.Path;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;

/**
 * Reads a sweep's specification. All that is wrong with it is reported together, a line each:
 * {@code file:line: key.path: what is wrong; what was expected; what to do}.
 */
public final class SpecReader {
  private SpecReader() {}

  /**
   * @throws UserError when the file cannot be read or is no valid specification
   */
  public static SweepSpec read(Path file) {
    Path directory = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
    return parse(YamlText.load(file), directory, file.toString());
  }

  /** As below, with every file on this host. */
  public static SweepSpec parse(String yaml, Path directory, String file) {
    return parse(yaml, SpecSources.here(directory), file);
  }

  /**
   * @param sources where the files it names are
   * @param file stands before each line number in messages; also the default for the sweep's name
   * @throws UserError when the text is no valid specification
   */
  public static SweepSpec parse(String yaml, SpecSources sources, String file) {
    MappingNode root = YamlText.compose(yaml, file);
    var problems = new Problems(file);
    var tree = SpecTree.whole(root, problems);
    var files = new SpecFiles(tree, problems, sources);
    var dataset = new DatasetSection(tree, problems, files).read();
    var search = new SearchSection(tree, problems).read();
    var evaluation = RuleSections.evaluation(tree);
    var objective = new ObjectiveSection(tree, problems, dataset, evaluation).read();
    var pruning = new PruningSection(tree, dataset, evaluation, objective).read();
    var selection = new SelectionSections(tree, dataset, evaluation, objective);
    selection.checkGuards();
    var spec =
        new SweepSpec(
            tree.written("name").orElseGet(() -> nameFrom(file)),
            files.model(),
            dataset,
            SearchSection.training(tree, files),
            search,
            objective,
            evaluation,
            pruning,
            new GuardSection(tree).read(),
            selection.earlyStopping(),
            selection.best(),
            new StepsSection(tree, dataset, evaluation, objective, pruning).read(),
            tree.flag("resources.share"),
            Math.toIntExact(tree.whole("resources.keep_checkpoints")),
            RuleSections.budget(tree),
            RuleSections.passes(tree));
    problems.throwIfAny();
    return spec;
  }

  /**
   * Reads what would stand under {@code pruning}, for a sweep that was trained.
   *
   * @throws UserError when it is no pruner, or the sweep has not measured what it goes by
   */
  public static PruningSpec pruning(
      String written, TaskSettings settings, ObjectiveSpec objective) {
    String file = "--pruning";
    var problems = new Problems(file);
    SpecTree tree = SpecTree.part(YamlText.compose("pruning: " + written, file), problems);
    Optional<PruningSpec> pruning =
        new PruningSection(tree, settings.dataset(), settings.evaluation(), objective).read();
    problems.throwIfAny();
    return pruning.orElseThrow(
        () -> new UserError("--pruning is off: name a rule, such as '{method: median}'."));
  }

  /**
   * Reads what would stand under {@code guard}: what it does not name is as in a spec that does
   * not.
   *
   * @throws UserError when it is no guard
   */
  public static GuardSpec guard(String written) {
    String file = "--guard";
    var problems = new Problems(file);
    MappingNode root = YamlText.compose("guard: " + written, file);
    SpecTree tree = SpecTree.part(root, problems);
    GuardSpec guard = new GuardSection(tree).read();
    problems.throwIfAny();
    return guard;
  }

  private static String nameFrom(String file) {
    String last = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
    String stem = last.contains(".") ? last.substring(0, last.lastIndexOf('.')) : last;
    String name = stem.replaceAll("[^A-Za-z0-9._-]", "-").replaceAll("^[^A-Za-z0-9]+", "");
    return name.isEmpty() ? "sweep" : name.substring(0, Math.min(64, name.length()));
  }
}
