package io.espalier.examples.basemodel;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.examples.basemodel.corpus.Corpus;
import io.espalier.examples.basemodel.corpus.Exchange;
import io.espalier.examples.basemodel.tokenizer.BpeTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies in the examples folder is what the recipe makes there. */
class ShippedFilesTest {
  @TempDir private Path work;
  private ExampleFiles files;
  private Corpus corpus;

  @BeforeEach
  void generate() throws IOException {
    files = new ExampleFiles(Path.of(".."), work);
    corpus = Corpus.generate(MakeBaseModel.SEED, files.alphabet());
  }

  @Test
  void the_retention_questions_are_held_out_ones_of_the_corpus() throws IOException {
    assertThat(JsonLines.read(files.general()))
        .hasSize(100)
        .isEqualTo(corpus.general().subList(0, 100));
  }

  @Test
  void the_tokenizer_is_the_one_trained_on_the_corpus() throws IOException {
    Path again = work.resolve("tokenizer.json");
    BpeTrainer.train(corpus.text(), 2048, ModelDirectory.SPECIAL).write(again);
    assertThat(files.model().resolve("tokenizer.json")).hasSameTextualContentAs(again);
  }

  @Test
  void no_question_is_both_trained_and_evaluated() throws IOException {
    List<String> trained = queries(files.selfCognition()).toList();
    assertThat(trained).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    assertThat(queries(files.selfCognitionEval())).doesNotContainAnyElementsOf(trained);
    assertThat(queries(files.general())).doesNotContainAnyElementsOf(trained);
  }

  private static Stream<String> queries(Path file) throws IOException {
    return JsonLines.read(file).stream().map(Exchange::query);
  }
}
