package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelPlacesTest {
  @TempDir Path disk;
  private ModelPlaces places;

  @BeforeEach
  void two_roots_and_a_cache() {
    places =
        ModelPlaces.of(
            List.of(disk.resolve("a"), disk.resolve("b")),
            Map.of("HF_HOME", disk.resolve("hf").toString()));
  }

  private Path model(String place) throws IOException {
    Path directory = Files.createDirectories(disk.resolve(place));
    Files.writeString(directory.resolve("config.json"), "{}");
    return directory;
  }

  @Test
  void a_directory_is_itself() throws IOException {
    Path own = model("own/tiny");
    model("a/tiny");

    assertThat(places.find(own.toString())).isEqualTo(own);
  }

  @Test
  void a_name_is_found_in_the_first_root_that_has_it() throws IOException {
    Path second = model("b/Qwen/tiny");
    assertThat(places.find("Qwen/tiny")).isEqualTo(second);
    Path first = model("a/Qwen/tiny");
    assertThat(places.find("Qwen/tiny")).isEqualTo(first);
  }

  @Test
  void a_directory_of_another_machine_is_found_by_its_last_name() throws IOException {
    Path here = model("b/tiny");

    assertThat(places.find("/elsewhere/models/tiny")).isEqualTo(here);
  }

  @Test
  void the_cache_answers_with_the_snapshot_of_main() throws IOException {
    model("hf/hub/models--Qwen--tiny/snapshots/1111");
    Path main = model("hf/hub/models--Qwen--tiny/snapshots/0000");
    Path refs = Files.createDirectories(disk.resolve("hf/hub/models--Qwen--tiny/refs"));
    Files.writeString(refs.resolve("main"), "0000\n");

    assertThat(places.find("Qwen/tiny")).isEqualTo(main);
  }

  @Test
  void all_places_are_named_when_it_is_nowhere() {
    assertThatThrownBy(() -> places.find("Qwen/tiny"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(disk.resolve("a/Qwen/tiny").toString())
        .hasMessageContaining(disk.resolve("b/Qwen/tiny").toString())
        .hasMessageContaining(disk.resolve("hf/hub/models--Qwen--tiny/snapshots").toString())
        .hasMessageContaining("--model-root");
  }
}
