package io.espalier.examples.basemodel.corpus;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * All dialogues, and those kept out of training.
 *
 * @param text what the tokenizer is trained on: the training dialogues, but of the names only their
 *     Chinese characters, so that a name in Latin letters is written in pieces as any other
 * @param training in random order
 * @param general held-out general questions: each content's question in one wording that is not
 *     trained for it, while its other wordings are
 * @param identity held-out questions about the model itself
 */
public record Corpus(
    List<String> text, List<Exchange> training, List<Exchange> general, List<Exchange> identity) {
  private static final int NAME_ROWS = 900;

  public Corpus {
    text = List.copyOf(text);
    training = List.copyOf(training);
    general = List.copyOf(general);
    identity = List.copyOf(identity);
  }

  /**
   * @param alphabet what a later fine-tuning must be able to write
   */
  public static Corpus generate(long seed, Alphabet alphabet) {
    var random = new Random(seed);
    var training = new ArrayList<Exchange>();
    var general = new ArrayList<Exchange>();
    int place = 0;
    for (Topic topic : topics()) {
      for (List<String> content : topic.contents()) {
        var exchanges = topic.exchanges(content);
        int heldOut = place++ % exchanges.size();
        general.add(exchanges.get(heldOut));
        for (int i = 0; i < exchanges.size(); i++) {
          if (i != heldOut) {
            training.add(exchanges.get(i));
          }
        }
      }
    }
    Identity.all().forEach(identity -> training.addAll(identity.training()));
    training.addAll(Words.exchanges(alphabet.words()));
    var names = new Names(random, alphabet.characters());
    var text =
        Stream.concat(
                training.stream().flatMap(row -> Stream.of(row.query(), row.response())),
                names.text())
            .toList();
    training.addAll(names.exchanges(NAME_ROWS, alphabet.names()));
    Collections.shuffle(training, random);
    Collections.shuffle(general, random);
    var identity = Identity.all().stream().flatMap(kind -> kind.heldOut().stream()).toList();
    return new Corpus(text, training, general, identity);
  }

  private static List<Topic> topics() {
    return Stream.of(
            Arithmetic.topics(),
            Sequences.topics(),
            Opposites.topics(),
            Nature.topics(),
            World.topics(),
            Translation.topics(),
            Manners.topics())
        .flatMap(List::stream)
        .toList();
  }
}
