package io.espalier.coordinator;

import io.espalier.coordinator.api.Refused;
import io.espalier.coordinator.sweep.Rating;
import java.util.regex.Pattern;

/** Which judgements of people are taken: none may hide what was measured. */
final class RatingRules {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");
  private static final Pattern MEASURED = Pattern.compile("train_loss|(eval|retention)_.*");

  private RatingRules() {}

  /**
   * @throws Refused when it is none
   */
  static void check(Rating rating) {
    if (!NAME.matcher(rating.metric()).matches()) {
      throw invalid(
          "metric is no name; expected lower-case letters, digits and _: human_pass_rate");
    } else if (MEASURED.matcher(rating.metric()).matches()) {
      throw invalid(
          "metric %s is measured by Espalier; give the rating another name: human_%s"
              .formatted(rating.metric(), rating.metric()));
    } else if (!Double.isFinite(rating.value())) {
      throw invalid("value is %s; expected a finite number".formatted(rating.value()));
    } else if (rating.count() < 1) {
      throw invalid(
          "count is %d; expected how many judgements the value is the mean of, 1 or more"
              .formatted(rating.count()));
    }
  }

  private static Refused invalid(String why) {
    return new Refused(Refused.Reason.INVALID, "The rating is not taken: " + why + ".");
  }
}
