package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.Precision;
import io.espalier.worker.train.Pack;
import io.espalier.worker.train.Slot;
import io.espalier.worker.train.Trainable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With an adapter that was trained, so that its part in the answers is seen. */
class EvaluatorTest {
  private static BaseModel model;
  private static Pack pack;
  private static Evaluator evaluator;
  private static List<TokenRow> rows;

  @BeforeAll
  static void load() {
    model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu());
    PeftFormat.Adapter adapter =
        PeftFormat.read(
            Golden.path("runs/qwen2_tiny/adamw_cosine_b4_a1/adapter_final"), model.config());
    Training training = Hyperparameters.of(Map.of("lora_rank", "8", "lora_alpha", "32")).training();
    pack =
        new Pack(
            model,
            List.of(
                Slot.fresh(training, new Trainable.Adapter(adapter.layout()), adapter.values())));
    evaluator = new Evaluator(pack.state(0));
    rows = Golden.rows("qwen2_tiny");
  }

  @AfterAll
  static void close() {
    pack.close();
    model.close();
  }

  /** Without a cache: each token from the whole row anew. */
  private static int[] slowly(int[] prompt, int count) {
    int[] row = prompt;
    for (int i = 0; i < count; i++) {
      float[] logits = evaluator.logits(new TokenRow(row, row));
      int vocabulary = model.config().vocabulary();
      int best = 0;
      int from = logits.length - vocabulary;
      for (int token = 1; token < vocabulary; token++) {
        best = logits[from + token] > logits[from + best] ? token : best;
      }
      row = Arrays.copyOf(row, row.length + 1);
      row[row.length - 1] = best;
    }
    return Arrays.copyOfRange(row, prompt.length, row.length);
  }

  /** On a device that has room for so few rows. */
  private static final class SmallDevice extends Evaluator {
    private final int most;

    SmallDevice(int most, Consumer<Measurement.OutOfMemory> tell) {
      super(pack.state(0), new PassSizes(false), tell);
      this.most = most;
    }

    private void take(int count) {
      if (count > most) {
        throw new EngineException("CUDA out of memory. Tried to allocate 1.00 GiB");
      }
    }

    @Override
    List<Score> scoreOnePass(PassSizes.Part<TokenRow> some) {
      take(some.items().size());
      return super.scoreOnePass(some);
    }

    @Override
    List<List<int[]>> answerOnePass(
        int from, int to, List<int[]> prompts, List<Integer> endTokens, int maxNewTokens) {
      take(prompts.size());
      return super.answerOnePass(from, to, prompts, endTokens, maxNewTokens);
    }
  }

  @Test
  void when_memory_runs_out_losses_and_answers_are_made_in_smaller_passes_and_are_the_same() {
    var told = new ArrayList<Measurement.OutOfMemory>();
    var small = new SmallDevice(2, told::add);
    List<int[]> prompts = rows.subList(0, 7).stream().map(TokenRow::inputIds).toList();

    Evaluator.Score score = small.score(rows);
    List<int[]> answers = small.answer(prompts, List.of(), 5);

    Evaluator.Score whole = evaluator.score(rows);
    assertThat(score.targets()).isEqualTo(whole.targets());
    assertThat(score.hits()).isEqualTo(whole.hits());
    assertThat(score.loss()).isCloseTo(whole.loss(), within(1e-6));
    assertThat(answers)
        .usingRecursiveComparison()
        .isEqualTo(evaluator.answer(prompts, List.of(), 5));
    assertThat(told)
        .extracting(Measurement.OutOfMemory::what)
        .contains(
            Measurement.OutOfMemory.TOKENS_OF_LOSS, Measurement.OutOfMemory.TOKENS_OF_ANSWERS);
    int before = told.size();
    small.score(rows);
    small.answer(prompts, List.of(), 5);
    assertThat(told).as("it is known from now on").hasSize(before);
  }

  @Test
  void a_row_too_large_alone_is_told_as_what_it_is() {
    var none = new SmallDevice(0, smaller -> {});

    assertThatThrownBy(() -> none.score(rows)).hasMessageContaining("out of memory");
  }

  @Test
  void cached_answers_of_many_prompts_are_those_of_each_alone_without_cache() {
    List<int[]> prompts = rows.subList(0, 6).stream().map(TokenRow::inputIds).toList();

    List<int[]> answers = evaluator.answer(prompts, List.of(), 10);

    for (int i = 0; i < prompts.size(); i++) {
      assertThat(answers.get(i)).describedAs("prompt %d", i).isEqualTo(slowly(prompts.get(i), 10));
    }
  }

  @Test
  void an_answer_ends_before_its_end_token_and_others_go_on() {
    List<int[]> prompts = rows.subList(0, 6).stream().map(TokenRow::inputIds).toList();
    List<int[]> whole = evaluator.answer(prompts, List.of(), 10);
    int end = whole.get(2)[4];

    List<int[]> answers = evaluator.answer(prompts, List.of(end), 10);

    for (int i = 0; i < prompts.size(); i++) {
      int[] answer = whole.get(i);
      int length = 0;
      while (length < answer.length && answer[length] != end) {
        length++;
      }
      assertThat(answers.get(i)).isEqualTo(Arrays.copyOf(answer, length));
    }
    assertThat(answers.get(2).length).isLessThanOrEqualTo(4);
  }

  @Test
  void a_base_in_bfloat16_answers_by_its_own_rounded_logits() {
    try (BaseModel narrow =
            BaseModel.load(model.directory(), model.config(), Precision.BFLOAT16, Device.cpu());
        NDManager scope = narrow.newScope()) {
      PeftFormat.Adapter adapter =
          PeftFormat.read(
              Golden.path("runs/qwen2_tiny/adamw_cosine_b4_a1/adapter_final"), model.config());
      var rounded = new Evaluator(TrainedState.of(scope, narrow, Optional.of(adapter)));
      int[] prompt = rows.get(2).inputIds();
      int[] answer = rounded.answer(List.of(prompt, rows.get(3).inputIds()), List.of(), 8).get(0);
      int vocabulary = model.config().vocabulary();
      for (int length = 0; length < answer.length; length++) {
        int[] before = Arrays.copyOf(prompt, prompt.length + length);
        System.arraycopy(answer, 0, before, prompt.length, length);
        float[] all = rounded.logits(new TokenRow(before, before));
        float[] last = Arrays.copyOfRange(all, all.length - vocabulary, all.length);
        float highest = 0;
        for (float logit : last) {
          assertThat(Float.floatToRawIntBits(logit) & 0xFFFF).isZero();
          highest = Math.max(highest, logit);
        }
        // With a cache the same sums are made in another order.
        assertThat(last[answer[length]]).isGreaterThan(highest - 0.05f);
      }
    }
  }

  @Test
  void the_loss_of_many_rows_is_the_token_mean_of_each_alone() {
    Evaluator.Score together = evaluator.score(rows);
    double sum = rows.stream().mapToDouble(row -> evaluator.score(List.of(row)).lossSum()).sum();

    assertThat(together.targets()).isEqualTo(rows.stream().mapToLong(TokenRow::targets).sum());
    assertThat(together.lossSum()).isCloseTo(sum, within(1e-4));
    assertThat(together.tokenAccuracy()).isBetween(0.0, 1.0);
  }

  @Test
  void each_row_has_the_sums_it_has_alone() {
    List<Evaluator.Score.Row> together = evaluator.score(rows).rows();
    List<TokenRow> shortestFirst =
        rows.stream().sorted(Comparator.comparingInt(TokenRow::length)).toList();

    assertThat(together).hasSameSizeAs(rows);
    for (int i = 0; i < together.size(); i++) {
      Evaluator.Score.Row alone = evaluator.score(List.of(shortestFirst.get(i))).rows().get(0);
      assertThat(together.get(i).targets()).isEqualTo(alone.targets());
      assertThat(together.get(i).loss()).isCloseTo(alone.loss(), within(1e-4));
      assertThat(together.get(i).hits()).isEqualTo(alone.hits());
    }
  }

  @Test
  void rows_without_targets_have_no_loss() {
    var row = new TokenRow(new int[] {1, 2}, new int[] {-100, -100});
    assertThat(evaluator.score(List.of(row)).targets()).isZero();
    assertThat(evaluator.score(List.of(row)).loss()).isNaN();
  }
}
