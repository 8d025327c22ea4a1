package io.espalier.common;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RevisionTest {
  @Test
  void the_build_knows_what_it_was_built_from() {
    assertThat(Revision.current()).matches("[0-9a-f]{40}(-dirty)?|unknown");
  }
}
