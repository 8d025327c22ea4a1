package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.Question;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RowsTest {
  private static final ModelConfig GPT2 = ModelConfig.read(Golden.path("models/gpt2_tiny"));
  private static final ModelConfig BERT = ModelConfig.read(Golden.path("models/bert_tiny"));
  private static final TokenRow TEXT = new TokenRow(new int[] {1, 2}, new int[] {1, 2});

  private static void check(ModelConfig model, TokenRow row, List<Question> asked, Metric... all) {
    Set<Metric> metrics = all.length == 0 ? EvaluationSpec.STANDARD : Set.of(all);
    Rows.check(
        new TokenizedDataset(
            List.of(row),
            List.of(new EvaluationSet("eval", List.of(row), asked)),
            Set.of(),
            new DatasetSummary(1, 1, 0, 2, 1, 2, 0, 1, "a", "b", List.of())),
        new EvaluationSpec(true, metrics, false, 64),
        model);
  }

  private static void refused(ModelConfig model, TokenRow row, String... reasons) {
    assertThatThrownBy(() -> check(model, row, List.of()))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll(reasons);
  }

  @Test
  void a_row_beyond_the_places_a_model_learned_is_refused() {
    refused(GPT2, new TokenRow(new int[129], new int[129]), "row 1", "129", "128", "max_length");
  }

  @Test
  void an_answer_beyond_the_places_a_model_learned_is_refused() {
    List<Question> long1 = List.of(new Question(new int[65], "", List.of()));
    assertThatThrownBy(() -> check(GPT2, TEXT, long1))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("max_new_tokens");
    assertThatCode(() -> check(GPT2, TEXT, long1, Metric.LOSS)).doesNotThrowAnyException();
  }

  @Test
  void rows_and_models_that_do_not_fit_are_refused() {
    refused(GPT2, TokenRow.classified(new int[] {1}, 0), "gpt2", "predicts tokens");
    refused(BERT, TEXT, "bert", "label from 0 to 2");
    refused(BERT, TokenRow.classified(new int[] {1}, 3), "label 3", "id2label");
    refused(BERT, TokenRow.classified(new int[] {256}, 1), "token 256");
  }

  @Test
  void a_model_that_classifies_refuses_metrics_of_text_by_name() {
    TokenRow row = TokenRow.classified(new int[] {1, 2}, 1);
    assertThatThrownBy(() -> check(BERT, row, List.of(), Metric.LOSS, Metric.BLEU_4))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("bleu_4")
        .hasMessageContaining("loss and accuracy");
    assertThatCode(() -> check(BERT, row, List.of())).doesNotThrowAnyException();
    assertThatCode(() -> check(BERT, row, List.of(), Metric.LOSS, Metric.ACCURACY))
        .doesNotThrowAnyException();
  }
}
