package io.espalier.deploy.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class TensorBoardRunsTest {
  /** As tensorboardX 2.6.5 writes the same: add_scalar("train/loss", 0.3, 7, 1767225601.5). */
  private static final String WRITTEN =
      "200000000000000029eda95009000060406e55da4110072a130a110a0a747261696e2f6c6f7373159a99993e49f1adf5";

  @Test
  void a_scalar_has_the_bytes_that_another_writer_gives_it() throws IOException {
    byte[] record =
        TensorBoardRuns.scalar(
            Instant.ofEpochMilli(1_767_225_601_500L), 7, "train/loss", 0.30000000000000004);
    assertThat(HexFormat.of().formatHex(record)).isEqualTo(WRITTEN);
  }
}
