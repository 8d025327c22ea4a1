package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;

/** The gradient norm before clipping is above a ceiling. */
record GradientCeiling(double ceiling) implements UpdateGuard {
  @Override
  public String name() {
    return "gradient_norm";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    if (gradNorm <= ceiling) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            gradNorm,
            ceiling,
            List.of(gradNorm),
            "gradient_norm at update %d: %s > ceiling %s"
                .formatted(update, Numbers.text(gradNorm), Numbers.text(ceiling))));
  }
}
