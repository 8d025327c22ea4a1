package io.espalier.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import org.junit.jupiter.api.Test;

class PassRateTest {
  @Test
  void it_is_the_share_of_answers_that_pass_whatever_else_is_in_the_file() {
    String csv =
        """
        \uFEFFquestion,Verdict,answer\r
        who are you?,pass,"I am ""Xiaozhi"",
        of Espalier"\r

        who made you?,FAIL,a cat
        你是谁？, yes ,小枝
        1+1,0,3
        """;

    PassRate rate = PassRate.of(csv, "ratings.csv");

    assertThat(rate).isEqualTo(new PassRate(2, 4));
    assertThat(rate.value()).isEqualTo(0.5);
  }

  @Test
  void a_bad_row_is_named_by_file_and_line_also_after_a_field_of_two_lines() {
    String csv = "verdict,answer\npass,\"two\nlines\"\nmaybe,x\n,y\n";

    assertThatThrownBy(() -> PassRate.of(csv, "r.csv"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "r.csv:4: verdict is 'maybe'; expected pass or fail\n"
                + "r.csv:5: verdict is ''; expected pass or fail");
  }

  @Test
  void of_many_bad_rows_the_first_are_named() {
    assertThatThrownBy(() -> PassRate.of("verdict\n" + "?\n".repeat(25), "r.csv"))
        .hasMessageContaining("r.csv:11:")
        .hasMessageEndingWith("… and 15 more lines like these");
  }

  @Test
  void a_file_without_the_column_without_rows_or_with_an_open_quote_is_refused() {
    assertThatThrownBy(() -> PassRate.of("", "r.csv")).hasMessageContaining("is empty");
    assertThatThrownBy(() -> PassRate.of("a,b\n1,2\n", "r.csv"))
        .hasMessage(
            "r.csv:1: has no column 'verdict'; expected a header in commas with it; found: a, b");
    assertThatThrownBy(() -> PassRate.of("verdict\n", "r.csv")).hasMessageContaining("no row");
    assertThatThrownBy(() -> PassRate.of("verdict\npass\n\"oh\n", "r.csv"))
        .hasMessageContaining("r.csv:3: a quote is opened");
  }
}
