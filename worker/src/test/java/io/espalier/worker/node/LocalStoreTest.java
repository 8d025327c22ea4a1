package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.protocol.StoreMark;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.RowSource;
import io.espalier.common.spec.TaskSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest {
  private static final StoreMark MARK = new StoreMark("/srv/store", "0f3a");

  @TempDir Path here;

  @Test
  void a_store_is_known_by_its_id_wherever_it_is_mounted() throws IOException {
    Files.writeString(StoreMark.file(here), "0f3a\n");

    assertThat(LocalStore.of(MARK, Optional.of(here)).here()).isEqualTo(here);
  }

  @Test
  void a_store_that_is_not_there_is_asked_for() {
    assertThatThrownBy(() -> LocalStore.of(MARK, Optional.of(here)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("/srv/store")
        .hasMessageContaining("there is no " + StoreMark.file(here))
        .hasMessageContaining("mount it")
        .hasMessageContaining("--store");
  }

  @Test
  void another_store_at_the_same_place_is_refused() throws IOException {
    Files.writeString(StoreMark.file(here), "beef\n");

    assertThatThrownBy(() -> LocalStore.of(MARK, Optional.of(here)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("another store's")
        .hasMessageContaining("beef");
  }

  @Test
  void only_paths_inside_the_store_are_found_elsewhere() {
    LocalStore store = new LocalStore(Path.of("/srv/store"), Path.of("/mnt/espalier"));
    TaskSettings settings =
        new TaskSettings(
            "/srv/store/../models/tiny",
            new DatasetSpec(
                List.of(RowSource.parse("/srv/store/files/ab12#7")),
                List.of(RowSource.parse("/data/eval.jsonl")),
                OptionalDouble.empty(),
                List.of(RowSource.parse("/srv/storehouse/general.jsonl")),
                Optional.empty(),
                Map.of(),
                true,
                Optional.empty(),
                42,
                false),
            new EvaluationSpec(true, Set.of(), false, 64),
            new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty()),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    TaskSettings local = store.local(settings);

    assertThat(local.dataset().train())
        .containsExactly(RowSource.parse("/mnt/espalier/files/ab12#7"));
    assertThat(local.dataset().eval()).isEqualTo(settings.dataset().eval());
    assertThat(local.dataset().retention()).isEqualTo(settings.dataset().retention());
  }
}
