package io.espalier.common.spec;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Specifications are read as if they lay in a folder that has what they name. */
abstract class SpecsInFolder {
  @TempDir Path directory;
  SpecFolder folder;

  @BeforeEach
  void fill() {
    folder = SpecFolder.at(directory);
  }
}
