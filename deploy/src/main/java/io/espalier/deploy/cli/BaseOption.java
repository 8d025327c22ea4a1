package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.spec.TaskSettings;
import io.espalier.coordinator.report.SweepView;
import io.espalier.worker.model.ModelPlaces;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Which base model an adapter belongs to. */
final class BaseOption {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "HuggingFace directory of the base model, or its name in HuggingFace's cache (default: the"
              + " one that the trial was trained on).")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--model-root",
      paramLabel = "DIR",
      split = ",",
      description =
          "Directory that holds models by name; may be given several times. HuggingFace's cache is"
              + " looked at after them.")
  private List<Path> roots = List.of();

  /** Whether the user has named it, right or not. */
  boolean named() {
    return model.isPresent();
  }

  /**
   * Its directory on this machine.
   *
   * @param adapter directory in PEFT's layout
   * @throws UserError naming all places where it is not
   */
  Path find(Path adapter, SweepView view) {
    if (model.isPresent()) {
      List<Path> here = new ArrayList<>(List.of(Path.of("")));
      here.addAll(roots);
      return ModelPlaces.of(here, System.getenv()).find(model.get());
    }
    List<String> recorded =
        Stream.of(AdapterFiles.baseModel(adapter), view.settings().map(TaskSettings::model))
            .flatMap(Optional::stream)
            .toList();
    if (recorded.isEmpty()) {
      throw new UserError(
          "It is not on record which model %s was trained on: name its directory with --model."
              .formatted(view.id()));
    }
    return recorded.stream()
        .map(Path::of)
        .filter(path -> path.isAbsolute() && Files.isDirectory(path))
        .findFirst()
        .orElseGet(
            () -> ModelPlaces.of(roots, System.getenv()).find(recorded.get(recorded.size() - 1)));
  }
}
