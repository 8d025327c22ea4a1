package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class DatasetSectionTest extends SpecsInFolder {
  @Test
  void files_of_rows_may_be_lists_and_samples() throws IOException {
    String yaml =
        SpecFolder.SMALLEST.replaceFirst(
            "train: \\S+",
            "train: [train.jsonl, \"general.jsonl#5\"]\n  system: Be brief.\n  order_by: field:level");
    DatasetSpec dataset = folder.parse(yaml).dataset();
    String general = directory.resolve("general.jsonl").toString();
    assertThat(dataset.train())
        .containsExactly(
            folder.rows("train.jsonl").get(0), new RowSource(general, OptionalInt.of(5)));
    assertThat(dataset.system()).contains("Be brief.");
    assertThat(dataset.curriculum()).contains(new Curriculum(Optional.of("level")));

    Files.writeString(directory.resolve("lists.yaml"), yaml);
    assertThat(UnreadSpec.load(directory.resolve("lists.yaml")).datasets())
        .contains("train.jsonl", "general.jsonl");
    Path kept = directory.resolve("kept");
    var elsewhere = SpecSources.elsewhere(directory, Map.of("general.jsonl", kept));
    assertThat(SpecReader.parse(yaml, elsewhere, "sweep.yaml").dataset().train().get(1))
        .hasToString(kept + "#5");
  }

  @Test
  void mistakes_in_lists_of_files_are_told_with_their_line() {
    String yaml =
        SpecFolder.SMALLEST.replaceFirst(
            "train: \\S+", "train: [train.jsonl#0, none.jsonl, rows.parquet]\n  order_by: size");
    assertThatThrownBy(() -> folder.parse(yaml))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("train.jsonl#0 asks for an impossible sample; expected path#N")
        .hasMessageContaining("there is no file " + directory.resolve("none.jsonl"))
        .hasMessageContaining("rows.parquet is Parquet; expected JSON rows; write them with")
        .hasMessageContaining("order_by: size has the wrong form; expected length, or field:NAME");
  }
}
