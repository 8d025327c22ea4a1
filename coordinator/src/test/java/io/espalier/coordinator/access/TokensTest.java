package io.espalier.coordinator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("tokens");
  }

  @Test
  void a_token_is_its_owners_and_is_not_in_the_file() throws IOException {
    String ann = Tokens.add(file, "ann", Role.OPERATOR);
    String bob = Tokens.add(file, "bob", Role.VIEWER);
    Tokens tokens = Tokens.in(file);
    assertThat(tokens.caller(ann)).contains(new Caller(Optional.of("ann"), Role.OPERATOR));
    assertThat(tokens.caller(bob)).contains(new Caller(Optional.of("bob"), Role.VIEWER));
    assertThat(tokens.caller(ann + "x")).isEmpty();
    assertThat(tokens.caller("")).isEmpty();
    assertThat(Files.readString(file)).doesNotContain(ann).doesNotContain(bob);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void a_line_that_is_deleted_ends_its_token() throws IOException {
    String ann = Tokens.add(file, "ann", Role.ADMIN);
    String bob = Tokens.add(file, "bob", Role.ADMIN);
    Tokens tokens = Tokens.in(file);
    List<String> lines = Files.readAllLines(file);
    Files.write(file, lines.subList(1, 2));
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(tokens.caller(ann)).isEmpty();
    assertThat(tokens.caller(bob)).isPresent();
    Files.writeString(file, "# nobody\n");
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(120)));
    assertThat(tokens.caller(bob)).isEmpty();
    assertThat(Tokens.add(file, "cid", Role.VIEWER)).isNotBlank();
  }

  @Test
  void what_is_wrong_is_said_with_file_and_line_and_without_the_line() throws IOException {
    Files.writeString(file, "# who\n\nann admin esp_secret\n");
    assertThatThrownBy(() -> Tokens.in(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file + ":3: expected a name, a role")
        .hasMessageNotContaining("esp_secret");
    Files.writeString(file, "# nobody\n");
    assertThatThrownBy(() -> Tokens.in(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("holds no token");
    assertThatThrownBy(() -> Tokens.in(directory.resolve("none")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("there is no file of tokens");
  }

  @Test
  void a_name_has_one_token() {
    Tokens.add(file, "ann", Role.VIEWER);
    assertThatThrownBy(() -> Tokens.add(file, "ann", Role.ADMIN))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has a token of ann already");
    assertThatThrownBy(() -> Tokens.add(file, "ann b", Role.ADMIN))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no name");
  }

  @Test
  void each_role_may_what_those_before_it_may() {
    assertThat(Role.ADMIN.may(Role.OPERATOR)).isTrue();
    assertThat(Role.OPERATOR.may(Role.OPERATOR)).isTrue();
    assertThat(Role.VIEWER.may(Role.OPERATOR)).isFalse();
    assertThat(Role.OPERATOR.may(Role.ADMIN)).isFalse();
  }
}
