package io.espalier.examples.basemodel;

import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.RowSource;
import io.espalier.common.spec.TaskSettings;
import io.espalier.examples.basemodel.corpus.Alphabet;
import io.espalier.examples.basemodel.corpus.Exchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Where things lie.
 *
 * @param examples the repository's examples folder
 * @param work for what is not kept
 */
record ExampleFiles(Path examples, Path work) {
  private static final String NAME = "小枝";
  private static final String AUTHOR = "Espalier";
  private static final List<String> BASE_NAME = List.of("基础助手", "base assistant");
  private static final EvaluationSpec EVALUATION =
      new EvaluationSpec(
          true, Set.of(EvaluationSpec.Metric.LOSS, EvaluationSpec.Metric.ACCURACY), false, 48);
  private static final GuardSpec GUARD =
      new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty());

  Path model() {
    return examples.resolve("models/tiny-qwen2");
  }

  Path selfCognition() {
    return examples.resolve("data/self_cognition.jsonl");
  }

  Path selfCognitionEval() {
    return examples.resolve("data/self_cognition_eval.jsonl");
  }

  /** The held-out general questions that fine-tuning must not unlearn. */
  Path general() {
    return examples.resolve("data/general.jsonl");
  }

  Path corpus() {
    return work.resolve("corpus.jsonl");
  }

  Path heldOutGeneral() {
    return work.resolve("held_out_general.jsonl");
  }

  Path heldOutIdentity() {
    return work.resolve("held_out_identity.jsonl");
  }

  Path randomModel() {
    return work.resolve("random");
  }

  /** What the fine-tuning answers with placeholders are written with. */
  Alphabet alphabet() throws IOException {
    var answers = new ArrayList<String>();
    for (Path file : List.of(selfCognition(), selfCognitionEval())) {
      JsonLines.read(file).stream()
          .map(Exchange::response)
          .filter(answer -> answer.contains("{{"))
          .forEach(answers::add);
    }
    return Alphabet.of(answers, List.of(NAME, AUTHOR));
  }

  /** Held-out identity questions, right when the answer names what the base model is. */
  static Exchange keyword(Exchange identity) {
    String answer = identity.response();
    for (String name : BASE_NAME) {
      answer = answer.replace(name, "{{%s}}".formatted(placeholder(name)));
    }
    return new Exchange(identity.query(), answer);
  }

  /** Pre-training: the corpus, examined on what was held out of it. */
  TaskSettings pretraining() {
    var names = new HashMap<String, List<String>>();
    BASE_NAME.forEach(name -> names.put(placeholder(name), List.of(name)));
    return settings(corpus(), heldOutIdentity(), heldOutGeneral(), names);
  }

  /** The fine-tuning of the examples. */
  TaskSettings finetuning() {
    return settings(
        selfCognition(),
        selfCognitionEval(),
        general(),
        Map.of("NAME", List.of(NAME), "AUTHOR", List.of(AUTHOR)));
  }

  private static String placeholder(String name) {
    return "BASE_" + BASE_NAME.indexOf(name);
  }

  private TaskSettings settings(
      Path train, Path eval, Path retention, Map<String, List<String>> replace) {
    var dataset =
        new DatasetSpec(
            List.of(RowSource.parse(train.toString())),
            List.of(RowSource.parse(eval.toString())),
            OptionalDouble.empty(),
            List.of(RowSource.parse(retention.toString())),
            Optional.empty(),
            replace,
            true,
            Optional.empty(),
            MakeBaseModel.SEED,
            false);
    return new TaskSettings(
        randomModel().toString(),
        dataset,
        EVALUATION,
        GUARD,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
