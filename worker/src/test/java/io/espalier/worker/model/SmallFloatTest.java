package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmallFloatTest {
  private static final SmallFloat HALF = new SmallFloat(10);
  private static final SmallFloat BRAIN = new SmallFloat(7);

  @ParameterizedTest
  @ValueSource(ints = {10, 7})
  void every_number_is_written_as_it_was_read(int fraction) {
    SmallFloat format = new SmallFloat(fraction);
    for (int bits = 0; bits < 1 << 16; bits++) {
      double value = format.value((short) bits);
      if (!Double.isNaN(value)) {
        assertThat(format.bits(value)).isEqualTo((short) bits);
      } else {
        assertThat(format.value(format.bits(value))).isNaN();
      }
    }
  }

  @Test
  void a_brain_float_is_the_upper_half_of_a_float() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      Double widened = (double) Float.intBitsToFloat(bits << 16);
      assertThat(Double.valueOf(BRAIN.value((short) bits))).isEqualTo(widened);
    }
  }

  /** Numbers halfway between two, just beside halfway, and at the ends of the range. */
  @ParameterizedTest
  @CsvSource({
    "0x1.002p0, 0x1.0p0", // halfway, even below
    "0x1.006p0, 0x1.008p0", // halfway, even above
    "0x1.002000001p0, 0x1.004p0", // a float would round it to halfway first
    "0x1.ffep0, 0x1.0p1", // carries into the exponent
    "65519.999, 65504",
    "65520, Infinity",
    "-1e300, -Infinity",
    "0x1.0p-25, 0",
    "0x1.8p-25, 0x1.0p-24",
    "0x1.ff8p-15, 0x1.ff8p-15",
    "0x1.ffcp-15, 0x1.0p-14",
    "-0.0, -0.0"
  })
  void a_half_is_the_nearest_and_of_two_the_even_one(String value, String expected) {
    assertThat(HALF.value(HALF.bits(Double.parseDouble(value))))
        .isEqualTo(Double.parseDouble(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "0x1.01p0, 0x1.0p0",
    "0x1.03p0, 0x1.04p0",
    "0x1.010000000001p0, 0x1.02p0",
    "3.4e38, Infinity",
    "0x1.0p-134, 0",
    "0x1.8p-134, 0x1.0p-133"
  })
  void a_brain_float_is_the_nearest_and_of_two_the_even_one(String value, String expected) {
    assertThat(BRAIN.value(BRAIN.bits(Double.parseDouble(value))))
        .isEqualTo(Double.parseDouble(expected));
  }
}
