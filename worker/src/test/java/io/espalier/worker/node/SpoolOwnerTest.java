package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.protocol.StoreMark;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolOwnerTest {
  private static final StoreMark FIRST = new StoreMark("/store", "one");
  private static final StoreMark SECOND = new StoreMark("/store", "two");

  @TempDir Path spool;

  @Test
  void what_one_store_has_not_got_yet_is_never_given_to_another() {
    var owner = new SpoolOwner(spool);
    owner.claim(FIRST, true);

    assertThatThrownBy(() -> owner.claim(SECOND, false))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll(spool.toString(), "id one", "id two", "--spool");
    assertThatCode(() -> owner.claim(FIRST, false)).doesNotThrowAnyException();
  }

  @Test
  void an_empty_spool_serves_any_store() {
    var owner = new SpoolOwner(spool);
    owner.claim(FIRST, true);
    owner.claim(SECOND, true);

    assertThatThrownBy(() -> owner.claim(FIRST, false)).hasMessageContaining("id two");
  }
}
