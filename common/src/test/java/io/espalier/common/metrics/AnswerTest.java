package io.espalier.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTest {
  private static final String GOLDEN =
      """
      [{"answer":"stored","lease":{"sweep":"a-1","branch":2,"attempt":{"epoch":3,"number":4}},"sequence":5},\
      {"answer":"refused","lease":{"sweep":"a-1","branch":2,"attempt":{"epoch":3,"number":4}}},\
      {"answer":"resend","lease":{"sweep":"a-1","branch":2,"attempt":{"epoch":3,"number":4}},"from":6}]""";

  @Test
  void answers_keep_their_form_on_the_wire() throws IOException {
    var lease = new Lease.Key(new SweepId("a-1"), new BranchId(2), new Attempt(3, 4));
    List<Answer> answers =
        List.of(
            new Answer.Stored(lease, 5), new Answer.Refused(lease), new Answer.Resend(lease, 6));
    assertThat(new String(Answer.encode(answers), StandardCharsets.UTF_8)).isEqualTo(GOLDEN);
    assertThat(Answer.decode(GOLDEN.getBytes(StandardCharsets.UTF_8))).isEqualTo(answers);
  }
}
