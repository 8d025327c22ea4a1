package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;

/** Loss or gradient norm is NaN or infinite. */
record NonFinite() implements UpdateGuard {
  @Override
  public String name() {
    return "non_finite";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    if (Double.isFinite(loss) && Double.isFinite(gradNorm)) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            Double.isFinite(loss) ? gradNorm : loss,
            Double.NaN,
            List.of(loss, gradNorm),
            "non_finite at update %d: loss %s, gradient norm %s"
                .formatted(update, Numbers.text(loss), Numbers.text(gradNorm))));
  }
}
