package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class NearestWordTest {
  @Test
  void a_swap_counts_once() {
    assertThat(NearestWord.distance("laerning", "learning")).isEqualTo(1);
    assertThat(NearestWord.distance("", "abc")).isEqualTo(3);
    assertThat(NearestWord.distance("kitten", "sitting")).isEqualTo(3);
  }

  @Test
  void a_word_far_from_all_has_no_neighbour() {
    assertThat(NearestWord.of("temperature", List.of("model", "name"))).isEmpty();
    assertThat(NearestWord.of("naem", List.of("model", "name"))).contains("name");
  }

  @Property
  void distance_is_symmetric_and_zero_only_for_the_same_word(
      @ForAll @AlphaChars @StringLength(max = 8) String a,
      @ForAll @AlphaChars @StringLength(max = 8) String b) {
    assertThat(NearestWord.distance(a, b)).isEqualTo(NearestWord.distance(b, a));
    assertThat(NearestWord.distance(a, b) == 0).isEqualTo(a.equals(b));
  }
}
